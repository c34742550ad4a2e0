import type { Static } from 'typebox';
import * as Type from 'typebox';

/** What `auroractl ledger backup -o json` says of a backup; more may stand there. */
export const MadeBackup = Type.Object({
  path: Type.String(),
  takenAtMs: Type.Number(),
  entries: Type.Number(),
  bytes: Type.Number(),
});
export type MadeBackup = Static<typeof MadeBackup>;

const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);

/** `GET /backup` at the controller: how the backups of its ledger stand. */
export const BackupView = Type.Object({
  folder: Type.String(),
  /** null: it makes none. */
  intervalMs: MaybeNumber,
  newest: Type.Union([MadeBackup, Type.Null()]),
  /** All that the ledger held then is in the newest; null: there is none. */
  freshAtMs: MaybeNumber,
  /** Why the last attempts failed; null: they did not. */
  problem: Type.Union([
    Type.Object({ message: Type.String(), sinceMs: Type.Number(), tries: Type.Number() }),
    Type.Null(),
  ]),
});
export type BackupView = Static<typeof BackupView>;
