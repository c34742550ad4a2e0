import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWER_CASES, type HttpCase, REQUEST_CASES } from './http-cases.ts';
import { OK, RawTrack, sendRaw } from './raw-http.ts';
import { portOf, SplitterRig } from './splitter-rig.ts';

const rig = new SplitterRig();
const track = new RawTrack();
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => track.server.listen(0, '127.0.0.1', resolve));
  ({ port } = await rig.start());
  const place = { host: '127.0.0.1', port: portOf(track.server), instance: 'raw', up: true };
  await rig.tracks(place, null);
});

afterAll(async () => {
  await rig.stop();
  track.reset();
  await new Promise((resolve) => track.server.close(resolve));
});

async function run(one: HttpCase): Promise<void> {
  track.reset();
  const { answer } = one;
  track.answer = () => answer ?? OK;
  const got = await sendRaw(port, one.send);
  expect(got.statuses, got.text).toEqual(one.statuses);
  if (one.isClosed !== undefined) expect(got.isClosed, 'closed').toBe(one.isClosed);
  if (one.track === null) expect(track.all).toBe('');
  else if (one.track !== undefined) expect(track.all).toMatch(one.track);
  if (one.notTrack !== undefined) {
    expect(track.all).not.toBe('');
    expect(track.all).not.toMatch(one.notTrack);
  }
  if (one.client !== undefined) expect(got.text).toMatch(one.client);
  if (one.notClient !== undefined) expect(got.text).not.toMatch(one.notClient);
}

describe('requests', () => {
  for (const one of REQUEST_CASES) test(`${one.name} (${one.clause})`, () => run(one));
});

describe('answers', () => {
  for (const one of ANSWER_CASES) test(`${one.name} (${one.clause})`, () => run(one));
});
