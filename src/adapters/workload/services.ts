import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { callAdmin } from '../../process/admin-client.ts';
import { ensureKeeper } from '../../process/ensure-process.ts';
import { socketPath } from '../../process/socket-path.ts';
import { KeeperState } from '../../protocol/keeper.ts';
import { parse } from '../../protocol/parse.ts';
import { ServiceDefinition } from '../../protocol/service.ts';
import { SplitterState } from '../../protocol/splitter.ts';
import { stopMark } from './stop-mark.ts';

/** What a service is and what runs of it now; null where its process does not answer. */
export interface ServiceView {
  definition: ServiceDefinition;
  keeper: KeeperState | null;
  splitter: SplitterState | null;
}

const ASK_MS = 2_000;
/** A drain, a grace and a KILL lie between asking and having stopped. */
const STOP_MS = 180_000;
const GONE_MS = 5_000;
const POLL_MS = 20;

/** The services of a state directory: `<state>/services/<name>/`. They outlive every promotion. */
export class Services {
  private readonly folder: string;

  constructor(servicesFolder: string) {
    this.folder = servicesFolder;
  }

  folderOf(name: string): string {
    return join(this.folder, name);
  }

  /** Writes the definition, durably. `conflict` when there is one of that name and it differs. */
  add(definition: ServiceDefinition): Result<void> {
    const folder = this.folderOf(definition.name);
    const path = join(folder, 'service.json');
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    if (existsSync(path)) {
      if (readFileSync(path, 'utf8') === text) return ok(undefined);
      const hint = `stop it and remove ${folder}, or give another name`;
      return fail(problem('conflict', `the service ${definition.name} exists already`, hint));
    }
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = openSync(`${path}.new`, 'w', 0o600);
      try {
        writeSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(`${path}.new`, path);
    } catch (error) {
      return fail(problem('unavailable', `${path} is not written: ${String(error)}`));
    }
    return ok(undefined);
  }

  definition(name: string): Result<ServiceDefinition> {
    const path = join(this.folderOf(name), 'service.json');
    let file: unknown;
    try {
      file = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      if (!existsSync(path)) {
        const hint = 'auroractl service list; auroractl service add';
        return fail(problem('not-found', `there is no service ${name}`, hint));
      }
      return fail(problem('invalid-file', `${path}: ${String(error)}`));
    }
    const parsed = parse(ServiceDefinition, file, path);
    return parsed.ok ? parsed : fail({ ...parsed.problem, code: 'invalid-file' });
  }

  /** Every service by name. */
  async list(): Promise<Result<readonly ServiceView[]>> {
    if (!existsSync(this.folder)) return ok([]);
    const views: ServiceView[] = [];
    for (const name of readdirSync(this.folder).toSorted()) {
      const view = await this.view(name);
      if (!view.ok) return view;
      views.push(view.value);
    }
    return ok(views);
  }

  async view(name: string): Promise<Result<ServiceView>> {
    const definition = this.definition(name);
    if (!definition.ok) return definition;
    const keeper = await this.ask(name, 'keeper');
    const splitter = await this.ask(name, 'splitter');
    return ok({
      definition: definition.value,
      keeper: keeper.ok ? stateOf(KeeperState, keeper.value) : null,
      splitter: splitter.ok ? stateOf(SplitterState, splitter.value) : null,
    });
  }

  /** Its keeper runs and, with it, splitter and stable; what already runs is left alone. */
  async start(name: string): Promise<Result<void>> {
    const definition = this.definition(name);
    if (!definition.ok) return definition;
    rmSync(stopMark(this.folderOf(name)), { force: true });
    return await ensureKeeper(this.folderOf(name));
  }

  /**
   * Everything of it has ended when this answers; what does not run is stopped already. It stays
   * stopped until it is started: an active promotion does not bring it back.
   */
  async stop(name: string): Promise<Result<void>> {
    const definition = this.definition(name);
    if (!definition.ok) return definition;
    const folder = this.folderOf(name);
    try {
      writeFileSync(stopMark(folder), '', { mode: 0o600 });
    } catch (error) {
      return fail(problem('unavailable', `${stopMark(folder)} is not written: ${String(error)}`));
    }
    const known = await this.ask(name, 'keeper');
    if (!known.ok) return ok(undefined);
    const stopped = await this.ask(name, 'keeper', 'POST', '/stop', STOP_MS);
    if (!stopped.ok) return stopped;
    const keeper = stateOf(KeeperState, known.value);
    if (keeper !== null) await isGone(keeper.pid);
    return ok(undefined);
  }

  private async ask(
    name: string,
    role: 'keeper' | 'splitter',
    method = 'GET',
    path = '/state',
    deadlineMs = ASK_MS,
  ): Promise<Result<unknown>> {
    const socket = socketPath(this.folderOf(name), role);
    if (!socket.ok) return socket;
    return await callAdmin(socket.value, { method, path, deadlineMs });
  }
}

/** What does not have the form comes from a process of another version: it is not shown as known. */
function stateOf<T extends typeof KeeperState | typeof SplitterState>(
  form: T,
  value: unknown,
): import('typebox').Static<T> | null {
  const parsed = parse(form, value, 'state');
  return parsed.ok ? parsed.value : null;
}

/** Its socket goes last of all: a keeper started before that would lose its own. */
async function isGone(pid: number): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  while (existsSync(`/proc/${pid}`) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
