/**
 * Built JavaScript in dist/: few files, so that a command starts in the time of a few reads. The
 * same sources give the same bytes, wherever the checkout stands. `--out FOLDER` builds elsewhere.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** Builds into `folder`, replacing it whole: no file of an earlier build is left to be loaded. */
async function buildInto(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: [{ in: 'src/cli/main.ts', out: 'cli/main' }],
      outdir: temporary,
      // All files at one depth: version.ts finds VERSION two folders above itself, here as in src/.
      chunkNames: 'cli/[name]-[hash]',
      bundle: true,
      splitting: true,
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
      // The package's build for browsers is the same code as modules, of which unused parts are left out.
      plugins: [lazyBuiltins],
      alias: { yaml: join(ROOT, 'node_modules/yaml/browser/index.js') },
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * An `import` of a built-in module reads every property it has: of `process` that opens all three
 * streams, of `util` it loads a dozen modules; a quarter of a start-up. Taken as plain objects they
 * cost nothing. Of child_process commander needs one function, for a feature that is not used here.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const isLazy = path === 'node:child_process' && importer.includes('/commander/');
      return { path, namespace: isLazy ? 'lazy-builtin' : 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const module = `process.getBuiltinModule(${JSON.stringify(path)})`;
      return {
        contents: path === 'node:process' ? 'module.exports=process' : `module.exports=${module}`,
      };
    });
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => {
      const module = `process.getBuiltinModule(${JSON.stringify(path)})`;
      return { contents: `export default{spawn:(...words)=>${module}.spawn(...words)}` };
    });
  },
};

const { values } = parseArgs({ options: { out: { type: 'string' } } });
await buildInto(resolve(values.out ?? join(ROOT, 'dist')));
