import { fromBase64, toHex } from '../../base/bytes.ts';
import { SIGN_OFF_NAMESPACE } from '../../core/decision/person-signature.ts';
import { inclusionProof } from '../../core/ledger/merkle-proof.ts';
import { tilePath } from '../../core/ledger/tile.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { FILE, FOLDER, SSH_NAMESPACE } from './layout.ts';
import type { LedgerTree } from './ledger-tree.ts';
import { keyOf, personPath, signerOf, signOffPath } from './readings.ts';
import type { PlacedEntry, Replay, SignedStep } from './replay.ts';
import type { PackFiles } from './tar.ts';

/** What a guide to a pack has to know of it. */
export interface PackFacts {
  plan: Plan;
  replayed: Replay;
  /** The promotion's entries. */
  own: readonly PlacedEntry[];
  /** The bodies of all entries of the log. */
  entries: readonly Uint8Array[];
  tree: LedgerTree;
  /** All other files. */
  files: PackFiles;
}

/**
 * VERIFY.md: how to check a pack with sha256sum, openssl, gpg and ssh-keygen. Each block of commands
 * ends with 0 exactly where what stands above it holds; the tests run every one of them.
 */
export function guide(facts: PackFacts): string {
  const parts = [
    introduction(facts),
    manifestPart(),
    signaturePart(facts),
    headPart(),
    entryPart(facts),
    rowsPart(facts),
    planPart(facts),
    signOffPart(facts),
    timestampPart(facts),
    limits(),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Commands of which each is run only after the one before it ended with 0, and so the last code counts. */
const block = (...commands: readonly string[]): string =>
  ['```bash', commands.join(' &&\n'), '```'].join('\n');

function introduction({ plan, replayed }: PackFacts): string {
  const { outcome } = replayed.state;
  return [
    `# How to check this pack`,
    '',
    `It holds the promotion \`${replayed.state.promotion}\` (${plan.release.candidate} to ${plan.release.version}: ${outcome?.kind ?? ''}). Run the commands in the folder into which it was unpacked,`,
    'with bash. Each block ends with 0 exactly where what stands above it holds.',
    '',
    'All at once, the replay of every decision included, on Node 20 or newer, which needs nothing else:',
    '`node relverify.mjs PACK.tar.gz --log-key VKEY`. What follows needs no program of ours.',
  ].join('\n');
}

function manifestPart(): string {
  return [
    '## Every file is the one that was packed',
    '',
    block(`sha256sum --check --strict --quiet ${FILE.manifest}`),
  ].join('\n');
}

function signaturePart({ files }: PackFacts): string {
  const parts: string[] = [];
  if (files.has(FILE.sshSigners)) {
    parts.push(
      'The signer of `' +
        FILE.sshSigners +
        '` signed the manifest. Compare the key with one from elsewhere.',
      '',
      block(
        `ssh-keygen -Y verify -f ${FILE.sshSigners} -I ${SSH_NAMESPACE} -n ${SSH_NAMESPACE} -s ${FILE.manifestSsh} < ${FILE.manifest}`,
      ),
    );
  }
  if (files.has(FILE.gpgKey)) {
    parts.push(
      'The OpenPGP key of `' +
        FILE.gpgKey +
        '` signed it. gpg ends with 0 even for a revoked key: what counts is its line VALIDSIG, whose fingerprint is to be compared with one from elsewhere.',
      '',
      block(
        'export GNUPGHOME="$(mktemp -d)"',
        `gpg --quiet --batch --import ${FILE.gpgKey}`,
        `gpg --batch --status-fd 1 --verify ${FILE.manifestGpg} ${FILE.manifest} > "$GNUPGHOME/status"`,
        `grep -E '^\\[GNUPG:\\] (GOODSIG|VALIDSIG) ' "$GNUPGHOME/status"`,
        `! grep -E '^\\[GNUPG:\\] (REVKEYSIG|EXPKEYSIG|EXPSIG|BADSIG|ERRSIG) ' "$GNUPGHOME/status"`,
      ),
    );
  }
  return parts.length === 0
    ? ''
    : ['## Somebody answers for the manifest', '', ...parts].join('\n');
}

function headPart(): string {
  return [
    "## The log's head was signed by its key",
    '',
    `\`${FILE.pem}\` and \`${FILE.vkey}\` are the same key: compare it with the one that the log publishes elsewhere.`,
    '',
    block(
      `test "$(openssl pkey -pubin -in ${FILE.pem} -outform DER | tail -c 32 | base64)" = "$(cut -d + -f 3- ${FILE.vkey} | base64 -d | tail -c 32 | base64)"`,
      'work="$(mktemp -d)"',
      `head -n 3 ${FILE.checkpoint} > "$work/head"`,
      `sed -n 5p ${FILE.checkpoint} | cut -d ' ' -f 3 | base64 -d | tail -c 64 > "$work/sig"`,
      `openssl pkeyutl -verify -pubin -inkey ${FILE.pem} -rawin -in "$work/head" -sigfile "$work/sig"`,
    ),
  ].join('\n');
}

/** The promotion's last entry, which carries the digest of everything before it. */
function entryPart({ own, entries, tree }: PackFacts): string {
  const index = own.at(-1)?.index ?? 0;
  const proof = inclusionProof(index, tree.size, tree.node);
  const first = Math.floor(index / 256) * 256;
  const width = Math.min(256, tree.size - first);
  const path = FOLDER.ledger + tilePath({ level: 'entries', index: first / 256, width });
  const tile = FOLDER.ledger + tilePath({ level: 0, index: first / 256, width });
  const lengths = entries.slice(first, index).map(({ length }) => length + 2);
  const offset = lengths.reduce((sum, length) => sum + length, 0) + 3;
  const length = entries[index]?.length ?? 0;
  const steps = proof.ok
    ? sides(index, tree.size).map(
        (side, i) => `${side}${toHex(proof.value[i] ?? new Uint8Array())}`,
      )
    : [];
  return [
    `## Entry ${index}, the last of this promotion, is in that log`,
    '',
    'Its leaf hash is the one of the tile, and with the hashes beside it leads to the signed root.',
    '',
    block(
      'work="$(mktemp -d)"',
      `tail -c +${offset} ${path} | head -c ${length} > "$work/entry"`,
      `leaf="$( (printf '\\000'; cat "$work/entry") | sha256sum | cut -d ' ' -f 1)"`,
      `test "$leaf" = "$(tail -c +${(index - first) * 32 + 1} ${tile} | head -c 32 | od -An -v -tx1 | tr -d ' \\n')"`,
      'bytes() { printf "$(printf %s "$1" | sed \'s/../\\\\x&/g\')"; }',
      'hash="$leaf"',
      [
        `for step in ${steps.join(' ')}; do`,
        '  case $step in',
        `    L*) pair="\${step#L}$hash" ;;`,
        `    R*) pair="$hash\${step#R}" ;;`,
        '  esac',
        '  hash="$(bytes "01$pair" | sha256sum | cut -d \' \' -f 1)"',
        'done',
      ].join('\n'),
      `test "$(bytes "$hash" | base64)" = "$(sed -n 3p ${FILE.checkpoint})"`,
    ),
  ].join('\n');
}

/** On which side each hash of an audit path stands (RFC 9162, section 2.1.3.2). */
function sides(index: number, size: number): ('L' | 'R')[] {
  const found: ('L' | 'R')[] = [];
  let at = index;
  let last = size - 1;
  while (last > 0) {
    if (at % 2 === 1 || at === last) {
      found.push('L');
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      found.push('R');
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return found;
}

function rowsPart({ own }: PackFacts): string {
  const placed = own.findLast(({ entry }) => entry.sealed !== null);
  if (placed?.entry.sealed == null) return '';
  const { rows, sha256, fromSeq, toSeq } = placed.entry.sealed;
  return [
    `## The last ${rows} interval rows (${fromSeq} to ${toSeq}) are those that entry ${placed.index} seals`,
    '',
    block(
      [
        `tail -n ${rows} ${FILE.intervals} | while IFS= read -r row; do`,
        '  number="$(printf %s "$row" | sed \'s/.*"seq":\\([0-9]*\\).*/\\1/\')"',
        '  echo "$number $(printf %s "$row" | sha256sum | cut -d \' \' -f 1)"',
        `done | sha256sum | grep -q '^${sha256} '`,
      ].join('\n'),
    ),
  ].join('\n');
}

function planPart({ own, files }: PackFacts): string {
  const first = own[0];
  const digest = first?.entry.blobSha256 ?? '';
  const artifacts = [...files.keys()].some((name) => name.startsWith(FOLDER.artifacts));
  return [
    `## The plan is the one that entry ${first?.index ?? 0} locks`,
    '',
    block(`echo '${digest}  ${FILE.plan}' | sha256sum --check --quiet`),
    '',
    artifacts
      ? block(`sha256sum --check --strict --quiet ${FILE.checksums}`)
      : `\`${FILE.checksums}\` names the released files, which are not in the pack.`,
  ].join('\n');
}

function signOffPart({ replayed, plan, files }: PackFacts): string {
  const commands = replayed.signed.flatMap((step) => {
    const command = signOffCommand(plan, step);
    return command === null || !command.files.every((file) => files.has(file))
      ? []
      : [command.text];
  });
  if (commands.length === 0) return '';
  const names = plan.people.map(({ id }) => id).join(', ');
  return [
    '## People signed the frozen request',
    '',
    `Their keys are those of the plan (${names}): compare them with what these people say.`,
    '',
    block(...commands),
  ].join('\n');
}

/** null where no standard program reads the signature as it is: an OpenPGP one is in packets of its own. */
function signOffCommand(
  plan: Plan,
  step: SignedStep,
): { text: string; files: readonly string[] } | null {
  const key = keyOf(plan, step);
  const document = signOffPath(step, 'json');
  if (key === null || key.form === 'openpgp') return null;
  const person = signerOf(step);
  const keyFile = personPath(person, key.form);
  const signature = signOffPath(step, key.form === 'ssh' ? 'sig' : 'signature');
  const files = [keyFile, signature, document];
  if (key.form === 'ssh') {
    const words = `-f ${keyFile} -I ${person} -n ${SIGN_OFF_NAMESPACE} -s ${signature}`;
    return { text: `ssh-keygen -Y verify ${words} < ${document}`, files };
  }
  if (key.material.kind === 'ed25519') {
    const words = `-inkey ${keyFile} -rawin -in ${document} -sigfile ${signature}`;
    return { text: `openssl pkeyutl -verify -pubin ${words}`, files };
  }
  // r and s as 64 plain bytes are taken too, and openssl reads DER alone.
  const isDer = fromBase64(step.signature)?.length !== 64;
  if (!isDer) return null;
  const words = `-verify ${keyFile} -signature ${signature} ${document}`;
  return { text: `openssl dgst -sha256 ${words}`, files };
}

function timestampPart({ files }: PackFacts): string {
  const tokens = [...files.keys()].filter(
    (name) => name.startsWith(FOLDER.timestamps) && name.endsWith('.tsr'),
  );
  if (tokens.length === 0) return '';
  const commands = tokens.sort().map((token) => {
    const roots = token.replace(/\.tsr$/, '.roots.pem');
    return `openssl ts -verify -data ${FILE.checkpoint} -in ${token} -CAfile ${roots}`;
  });
  return [
    "## Authorities saw the log's head at a time",
    '',
    'Their roots are in the pack: compare them with the ones that they publish. Once a certificate has ended, add `-attime` with the time of the token.',
    '',
    block(...commands),
  ].join('\n');
}

function limits(): string {
  return [
    '## What this can not show',
    '',
    'Whether measurements, evidence and times were true when they were recorded; whether the same key signed a second history (compare a checkpoint from elsewhere: `node relverify.mjs PACK --since CHECKPOINT`);',
    'and, without the verifier, that verdicts and decisions follow from the record.',
  ].join('\n');
}
