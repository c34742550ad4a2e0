/** The statements and the SLO report of a whole promotion, by the real program from its ledger. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPersonalKey } from '../../src/adapters/signer/personal.ts';
import { parsePublicKey } from '../../src/base/public-key.ts';
import { openEnvelope } from '../../src/core/attest/dsse.ts';
import type { ReleaseDecision } from '../../src/core/attest/release-decision.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE } from '../../src/core/attest/statement.ts';
import type { VerificationSummary } from '../../src/core/attest/verification-summary.ts';
import type { SloReport } from '../../src/core/slo/slo-report.ts';
import { gpgKeyOf, type KeyFolder, keyFolder, must, sshKeyOf } from '../signatures/people.ts';
import { type Promoted, promoteInto } from '../signatures/promoted.ts';
import { type Bench, bench } from './program.ts';

let here: Bench;
let keys: KeyFolder;
let promoted: Promoted;
beforeAll(async () => {
  here = bench();
  keys = keyFolder();
  const manager = sshKeyOf(keys, 'manager', 'ed25519');
  const lead = gpgKeyOf(keys, 'lead', 'ed25519');
  promoted = await promoteInto(here.path('.aurora'), { manager, lead }, 5);
}, 120_000);
afterAll(() => {
  here.remove();
  keys.remove();
});

const json = (name: string) =>
  JSON.parse(readFileSync(here.path(name), 'utf8')) as Record<string, unknown>;

describe('statement', () => {
  test('writes and signs what was decided, and openssl takes the signature', () => {
    expect(promoted.state.decisions).toMatchObject([{ outcome: 'GO' }]);
    expect(here.run('keys', 'new', '--p256', '--out', 'statements.pem').code).toBe(0);
    expect(here.run('keys', 'new', '--p256', '--out', 'second.pem').code).toBe(0);
    const words = ['statement', promoted.id, '--key', 'statements.pem', '--key', 'second.pem'];
    const { code, out, err } = here.run(...words, '--out', 'told', '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ kind: 'StatementList', promotion: promoted.id });
    const decision = json('told/decision-1.json').predicate as ReleaseDecision;
    expect(decision.decision).toBe('GO');
    const forms = decision.signOffs.map(({ publicKey }) => publicKey.split(/[ :]/)[0]);
    expect(forms).toEqual(['ssh-ed25519', 'openpgp4fpr']);
    expect(decision.gates.every(({ basis }) => basis === 'recomputed')).toBe(true);
    expect(json('told/verdict.json').predicateType).toMatch(/verdict/);
    expect(json('told/summary-1.json').predicate as VerificationSummary).toMatchObject({
      verificationResult: 'PASSED',
    });
    const envelope = json('told/decision-1.dsse.json') as unknown as {
      payload: string;
      payloadType: string;
      signatures: { sig: string; keyid: string }[];
    };
    const payload = Buffer.from(envelope.payload, 'base64');
    expect(payload.equals(readFileSync(here.path('told/decision-1.json')))).toBe(true);
    const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `;
    writeFileSync(here.path('pae'), Buffer.concat([Buffer.from(head), payload]));
    for (const [place, name] of ['statements.pem', 'second.pem'].entries()) {
      writeFileSync(here.path('sig'), Buffer.from(envelope.signatures[place]?.sig ?? '', 'base64'));
      const openssl = (...more: string[]) =>
        execFileSync('openssl', more, { cwd: here.folder, encoding: 'utf8' });
      openssl('pkey', '-in', name, '-pubout', '-out', 'pub.pem');
      expect(openssl('dgst', '-sha256', '-verify', 'pub.pem', '-signature', 'sig', 'pae')).toMatch(
        /OK/,
      );
    }
  }, 60_000);

  test('is refused where there is nothing to say, or the key is of another kind', () => {
    expect(here.run('statement', 'nobody')).toMatchObject({ code: 2 });
    expect(here.run('keys', 'new', '--out', 'ed.pem').code).toBe(0);
    const { code, err } = here.run('statement', promoted.id, '--key', 'ed.pem', '--out', 'no');
    expect(code).toBe(2);
    expect(err).toMatch(/signed with ECDSA P-256\nhint: .*--p256/);
    const twice = ['--key', 'statements.pem', '--key', 'statements.pem'];
    expect(here.run('statement', promoted.id, ...twice, '--out', 'no').err).toMatch(
      /same key twice/,
    );
    expect(existsSync(here.path('no'))).toBe(false);
  }, 60_000);
});

describe('slo report', () => {
  const at = (ms: number) => new Date(ms).toISOString();
  /** The last stretch, in which the candidate had its share. */
  const during = () => ['--from', at(promoted.toMs - 15 * 60_000), '--to', at(promoted.toMs)];

  test('all objectives met: 0, with value, samples, compliance and worst interval', () => {
    const { code, out } = here.run('slo', 'report', promoted.id, ...during(), '-o', 'json');
    const report = JSON.parse(out) as SloReport;
    expect(report.objectives.map(({ objective, compliant }) => [objective, compliant])).toEqual([
      ['stable-errors', true],
      ['errors', true],
    ]);
    expect(code).toBe(0);
    for (const one of report.objectives) {
      expect(one.samples).toBeGreaterThan(1_000);
      expect(one.coveredPct).toBe(100);
      expect(one.compliancePct).toBe(100);
      expect(one.worst?.value).toBeGreaterThan(0);
    }
    expect(report.leftOut).toEqual(['ready', 'queue']);
    expect(report.rows.count).toBe(15);
  });

  test('not measured: 1, and it says so', () => {
    const before = ['--from', at(promoted.fromMs - 3_600_000), '--to', at(promoted.fromMs)];
    const { code, out } = here.run('slo', 'report', promoted.id, ...before, '-o', 'markdown');
    expect(code).toBe(1);
    expect(out).toMatch(/Not all objectives were met/);
    expect(out).toMatch(/\| not measured \| 0 \|/);
  });

  test('a time of which too little was measured: 1', () => {
    const words = ['slo', 'report', promoted.id, '--from', at(promoted.toMs - 600_000)];
    const long = here.run(...words, '--to', at(promoted.toMs + 300_000), '-o', 'json');
    expect(long.code).toBe(1);
    const [first] = (JSON.parse(long.out) as SloReport).objectives;
    expect(first?.reason).toMatch(/measured in 66.7 % of the time, at least 95 %/);
    expect(here.run(...words, '--to', at(promoted.toMs + 300_000), '--coverage', '60').code).toBe(
      0,
    );
  });

  test('is written, and signed so that gpg and ssh-keygen take it', () => {
    expect(here.run('keys', 'new', '--p256', '--out', 'slo.pem').code).toBe(0);
    const signing = [
      '--key',
      'slo.pem',
      '--sign-gpg',
      'lead@example',
      '--sign-ssh',
      keys.path('manager'),
    ];
    const words = ['slo', 'report', promoted.id, ...during(), '--out', 'slo', ...signing];
    const env = { GNUPGHOME: keys.gpgHome, HOME: here.folder };
    const { code, err } = here.runWith(env, ...words);
    expect({ code, err }).toMatchObject({ code: 0 });
    const file = here.path(`slo/slo-${promoted.id}.json`);
    const envelope = readFileSync(file.replace('.json', '.dsse.json'), 'utf8');
    const publicKey = must(openPersonalKey(here.path('slo.pem'))).publicKey;
    const key = parsePublicKey(publicKey);
    if (key?.form !== 'spki') throw new Error('no key file');
    const signers = [{ id: 'slo', material: key.material }];
    const expected = { payloadType: STATEMENT_PAYLOAD_TYPE, keys: signers, threshold: 1 };
    const said = must(parseStatement(must(openEnvelope(envelope, expected)).payload));
    expect(said.predicate).toMatchObject({ promotion: promoted.id, compliant: true });
    for (const name of [file, file.replace('.json', '.md')]) {
      expect(keys.gpg('--status-fd', '1', '--verify', `${name}.asc`, name)).toMatch(/GOODSIG/);
      const line = readFileSync(`${keys.path('manager')}.pub`, 'utf8');
      writeFileSync(here.path('signers'), `manager@example ${line}`);
      const checked = execFileSync(
        'ssh-keygen',
        [
          ...['-Y', 'verify', '-f', here.path('signers'), '-I', 'manager@example'],
          ...['-n', 'aurora-report', '-s', `${name}.sig`],
        ],
        { input: readFileSync(name), encoding: 'utf8' },
      );
      expect(checked).toMatch(/^Good "aurora-report" signature/);
    }
  }, 60_000);

  test.each([
    [['--from', '3x'], /expected --from before --to/],
    [['--from', '3h', '--coverage', 'much'], /--coverage/],
    [['--from', '3h', '--sign-gpg', 'lead'], /must be written/],
  ])('%j: 2', (words, expected) => {
    const { code, err } = here.run('slo', 'report', promoted.id, ...words);
    expect(code).toBe(2);
    expect(err).toMatch(expected);
  });
});
