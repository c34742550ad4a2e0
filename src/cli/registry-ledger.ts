import type { RegistryEntry } from './registry.ts';

/** The commands on the ledger, and the program of those who watch it: a part of registry.ts. */
export const LEDGER_COMMANDS: readonly RegistryEntry[] = [
  {
    name: 'ledger list',
    summary: 'list entries of the ledger',
    load: async () => (await import('./commands/ledger-list.ts')).ledgerList,
  },
  {
    name: 'ledger show',
    summary: 'print one entry of the ledger in full',
    load: async () => (await import('./commands/ledger-show.ts')).ledgerShow,
  },
  {
    name: 'ledger verify',
    summary: 're-hash the whole ledger and check its signatures',
    load: async () => (await import('./commands/ledger-verify.ts')).ledgerVerify,
  },
  {
    name: 'ledger proof',
    summary: 'print the proof that an entry is in the ledger',
    load: async () => (await import('./commands/ledger-proof.ts')).ledgerProof,
  },
  {
    name: 'ledger consistency',
    summary: 'print the proof that a checkpoint continues an earlier one',
    load: async () => (await import('./commands/ledger-consistency.ts')).ledgerConsistency,
  },
  {
    name: 'ledger tiles',
    summary: 'write the ledger as files that any transparency-log client reads (C2SP tlog-tiles)',
    load: async () => (await import('./commands/ledger-tiles.ts')).ledgerTiles,
  },
  {
    name: 'ledger cosign',
    summary: 'have a witness cosign the newest checkpoint, and keep what it signed',
    load: async () => (await import('./commands/ledger-cosign.ts')).ledgerCosign,
  },
  {
    name: 'ledger backup',
    summary: 'make a verified backup of the ledger, while its controller runs',
    load: async () => (await import('./commands/ledger-backup.ts')).ledgerBackup,
  },
  {
    name: 'ledger restore',
    summary:
      'put the ledger of a backup in the place of the present one, once all of it is verified',
    load: async () => (await import('./commands/ledger-restore.ts')).ledgerRestore,
  },
  {
    name: 'ledger export',
    summary: 'write the audit log of a time as CSV, signed by the log key',
    load: async () => (await import('./commands/ledger-export.ts')).ledgerExport,
  },
  {
    name: 'witness',
    summary: 'cosign checkpoints of logs and refuse a second history; for somebody else to run',
    load: async () => (await import('./commands/witness.ts')).witness,
  },
];
