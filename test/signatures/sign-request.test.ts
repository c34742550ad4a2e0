/** What `sign` hands in, by each kind of key, and what the command line takes. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { createP256KeyFile, openPersonalKey } from '../../src/adapters/signer/personal.ts';
import { problem } from '../../src/base/problem.ts';
import { fail, ok } from '../../src/base/result.ts';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { type SigningKey, signRequest } from '../../src/cli/sign-request.ts';
import type { DecisionRequest } from '../../src/core/decision/request.ts';
import { checkSignOff } from '../../src/core/decision/sign-off.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { type AdminServer, serveAdmin } from '../../src/process/admin-server.ts';
import { socketPath } from '../../src/process/socket-path.ts';
import { Signed } from '../../src/protocol/controller.ts';
import { parse } from '../../src/protocol/parse.ts';
import { bench } from '../cli/program.ts';
import { gpgKeyOf, inHome, type KeyFolder, keyFolder, must, sshKeyOf } from './people.ts';

const request = { kind: 'DecisionRequest', promotion: 'p', expiresAtMs: 2_000 } as DecisionRequest;
const people: { id: string; publicKey: string; by: SigningKey }[] = [];
let folder: KeyFolder;
let server: AdminServer;
let client: ControllerClient;

beforeAll(async () => {
  folder = keyFolder();
  const file = (id: string, make: typeof createKeyFile | typeof createP256KeyFile): void => {
    const path = folder.path(`${id}.pem`);
    expect(make(path).ok).toBe(true);
    const { publicKey } = must(openPersonalKey(path));
    people.push({ id, publicKey, by: { kind: 'file', path } });
  };
  file('ed25519', createKeyFile);
  file('p256', createP256KeyFile);
  const ssh = sshKeyOf(folder, 'ssh', 'ed25519');
  people.push({
    id: 'ssh',
    publicKey: ssh.publicKey,
    by: { kind: 'ssh', path: folder.path('ssh') },
  });
  const gpg = gpgKeyOf(folder, 'gpg', 'ed25519');
  people.push({ id: 'gpg', publicKey: gpg.publicKey, by: { kind: 'gpg', key: 'gpg@example' } });
  const state = folder.path('state');
  mkdirSync(state, { mode: 0o700 });
  const plan = {
    people,
    roles: [{ name: 'owner', people: people.map(({ id }) => id) }],
    release: { authors: [] },
    authors: [],
  } as unknown as Plan;
  const routes = {
    'POST /sign': async (body: unknown) => {
      const signed = parse(Signed, body, 'sign');
      if (!signed.ok) return signed;
      const place = { plan, roles: ['owner'], request, accepted: [] };
      const taken = checkSignOff(place, signed.value, 1_000);
      return taken.ok ? fail(problem('conflict', `taken of ${taken.value.person}`)) : taken;
    },
    'GET /about': async () => ok({}),
  };
  server = must(await serveAdmin(must(socketPath(state, 'controller')), routes));
  client = new ControllerClient(state);
}, 60_000);
afterAll(async () => {
  await server.close();
  folder.remove();
});

const signed = async (id: string, person = id): Promise<string> => {
  const by = people.find((one) => one.id === id)?.by;
  if (by === undefined) throw new Error(id);
  const said = { person, role: 'owner', choice: 'approve', atMs: 1_000 } as const;
  const answer = await inHome(folder, () => signRequest(client, request, { by, ...said }));
  return answer.ok ? 'shown' : answer.problem.message;
};

test.each(['ed25519', 'p256', 'ssh', 'gpg'])('%s is taken', async (id) => {
  expect(await signed(id)).toBe(`taken of ${id}`);
});

test('a key of one kind does not sign for a person with another', async () => {
  expect(await signed('ed25519', 'p256')).toMatch(/not by the key of p256/);
  expect(await signed('ssh', 'gpg')).toMatch(/no OpenPGP key and signature/);
  expect(await signed('gpg', 'ssh')).toMatch(/no ssh signature/);
  expect(await signed('p256', 'ssh')).toMatch(/no ssh signature/);
});

test('the command wants one key, and says which there are', () => {
  const here = bench();
  try {
    const none = here.run('sign', '--role', 'owner');
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/what do you sign with\?\nhint: --key FILE, --ssh FILE or --gpg KEY/);
    const two = here.run('sign', '--role', 'owner', '--key', 'a', '--ssh', 'b');
    expect(two.code).toBe(2);
    expect(two.err).toMatch(/--ssh|--key/);
  } finally {
    here.remove();
  }
});
