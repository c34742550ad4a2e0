/**
 * Built JavaScript in dist/: in cli/ main.cjs, and for each command one file with everything it needs,
 * so that a command starts with two reads; in processes/ the programs that stay; relverify.mjs for strangers. The same sources give the
 * same bytes, wherever the checkout stands. `--out FOLDER` builds elsewhere.
 */
import { hash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const CLI = join(ROOT, 'src/cli');
/** What a command needs for some of its options only, besides the commands themselves. */
const LATER = ['cli/yaml-text.ts', 'cli/config-file.ts', 'core/plan/traffic-forecast.ts'].map(
  (name) => join(ROOT, 'src', name),
);
const COMMANDS = readdirSync(join(CLI, 'commands'))
  .filter((name) => /^[a-z-]+\.ts$/.test(name))
  .map((name) => join(CLI, 'commands', name));
const PROCESSES = ['keeper', 'load', 'server', 'splitter'];
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Names stay, so that the trace of a bug can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Holds a compiled library that must stay a file beside its own package.
  external: ['better-sqlite3'],
} as const satisfies BuildOptions;

/** Builds into `folder`, replacing it whole: no file of an earlier build is left to be loaded. */
async function buildInto(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  try {
    await build({
      ...COMMON,
      entryPoints: [join(CLI, 'main.ts'), ...LATER, ...COMMANDS],
      // All side by side: version.ts finds VERSION two folders above itself, here as in src/.
      entryNames: '[name]',
      outdir: join(temporary, 'cli'),
      // Functions, which bin/auroractl.js calls; a module's code could not be kept after it ran.
      format: 'cjs',
      supported: { 'dynamic-import': false },
      banner: { js: '(function(exports,require,module,__filename,__dirname){' },
      footer: { js: '})' },
      outExtension: { '.js': '.cjs' },
      define: { 'import.meta.dirname': '__dirname' },
      plugins: [entriesStayApart, lazyBuiltins],
      // The package's build for browsers is the same code as modules, of which unused parts are left out.
      alias: { yaml: join(ROOT, 'node_modules/yaml/browser/index.js') },
    });
    stampDigests(join(temporary, 'cli'));
    await build({
      ...COMMON,
      entryPoints: [
        ...PROCESSES.map((name) => ({ in: join(ROOT, 'src', name, 'main.ts'), out: name })),
        // What `auroractl demo` releases.
        { in: join(ROOT, 'workloads/sample/main.ts'), out: 'sample' },
      ],
      outdir: join(temporary, 'processes'),
      // They run for weeks: an error in a log shows its line, and a line is a line.
      minifyWhitespace: false,
      // These have dependencies in the older module form, which ask for built-ins by `require`.
      banner: {
        js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
      },
    });
    await build({
      ...COMMON,
      entryPoints: [join(ROOT, 'src/relverify/main.ts')],
      outfile: join(temporary, 'relverify.mjs'),
      // A stranger's Node, and one file: it lies in each pack.
      target: 'node20',
      external: [],
    });
    chmodSync(temporary, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Each file begins with its digest: what is kept of it elsewhere is kept under that. */
function stampDigests(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `/*${hash('sha256', text).slice(0, 32)}*/${text}`);
  }
}

/** What is loaded later is a file of its own, not part of the file that loads it. */
const entriesStayApart: Plugin = {
  name: 'entries-stay-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      const file = resolve(dirname(importer), path);
      const isEntry = LATER.includes(file) || COMMANDS.includes(file);
      if (kind !== 'dynamic-import' || !isEntry) return null;
      return { path: `./${basename(path, '.ts')}.cjs`, external: true };
    });
  },
};

/**
 * An `import` of a built-in module reads every property it has: of `process` that opens all three
 * streams, of `util` it loads a dozen modules; a quarter of a start-up. Here each name is read by
 * itself, and only those that are used are left in. Of child_process commander needs one function,
 * for a feature that is not used. Those of crypto are looked up when they are called first: what
 * neither hashes nor signs, such as `plan check`, does without forty modules.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const isLazy = path === 'node:child_process' && importer.includes('/commander/');
      return { path, namespace: isLazy ? 'lazy-builtin' : 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter(
        (name) => name !== 'default',
      );
      const reads = names.map((name) => `export const ${name}=/* @__PURE__ */ $("${name}")`);
      const module =
        path === 'node:process' ? 'process' : `/* @__PURE__ */ process.getBuiltinModule("${path}")`;
      if (path === 'node:crypto') return { contents: calledLater(path, names) };
      const head = `const all=${module};const $=(name)=>all[name];export default all;`;
      return { contents: `${head}\n${reads.join(';\n')}` };
    });
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => {
      const call = `process.getBuiltinModule("${path}").spawn(...words)`;
      return { contents: `export default{spawn:(...words)=>${call}}` };
    });
  },
};

/** Classes, whose names begin with a capital, can't be called: they are read at once, where used. */
function calledLater(path: string, names: readonly string[]): string {
  const lines = names.map((name) =>
    /^[A-Z]/.test(name)
      ? `export const ${name}=/* @__PURE__ */(()=>get().${name})()`
      : `let ${name}_;export const ${name}=/* @__PURE__ */(()=>(...words)=>(${name}_??=get().${name})(...words))()`,
  );
  return [`const get=()=>process.getBuiltinModule("${path}");`, ...lines].join('\n');
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
await buildInto(resolve(values.out ?? join(ROOT, 'dist')));
