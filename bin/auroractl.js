#!/usr/bin/env node
/* Old syntax on purpose: a Node that is too old must still be able to read this and say so. */
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write('error: auroractl needs Node 24 or newer; this is Node ' + process.versions.node + '\n');
  process.stderr.write('hint: put a newer Node first in PATH; in a checkout, `make setup` fetches one\n');
  process.exit(2);
} else {
  start();
}

function start() {
  var fs = process.getBuiltinModule('fs');
  var built = new URL('../dist/cli/', import.meta.url);
  /* A checkout without `make build` runs its sources. */
  if (!fs.existsSync(new URL('main.cjs', built))) {
    return import(new URL('../src/cli/main.ts', import.meta.url).href).then(run).then(end);
  }
  var loader = codeLoader(fs, process.getBuiltinModule('url').fileURLToPath(built));
  run(loader.load('./main.cjs'))
    .then(loader.keep)
    .then(end);
}

function run(program) {
  return program.main(process.argv.slice(2));
}

/* All output is written by now; taking the heap apart would only take time. */
function end() {
  process.exit();
}

/*
 * Loads files of dist/cli, each a function of what Node calls `exports`, `require` and so on, with
 * the code that V8 made of it in an earlier run. It is kept when the command has run: Node's own
 * cache keeps a file as it was before it ran, without the functions that were called, and compiling
 * those is a quarter of a start-up.
 */
function codeLoader(fs, folder) {
  var vm = process.getBuiltinModule('vm');
  var cache = codeFolder();
  var loaded = {};
  var unkept = [];

  function load(name) {
    if (loaded[name] !== undefined) return loaded[name].exports;
    var file = folder + name.slice(2);
    var source = fs.readFileSync(file, 'latin1');
    /* Begins with its own digest, which tools/build.ts wrote: other code never has this name. */
    var kept = cache === null ? null : cache + name.slice(2) + '-' + source.slice(2, 34);
    var script = new vm.Script(source, { filename: file, cachedData: readKept(kept) });
    if (kept !== null && script.cachedDataRejected !== false) unkept.push([kept, script]);
    var module = { exports: {} };
    loaded[name] = module;
    script.runInThisContext()(module.exports, required, module, file, folder.slice(0, -1));
    return module.exports;
  }

  function required(name) {
    if (name.slice(0, 2) === './') return load(name);
    return process.getBuiltinModule('module').createRequire(folder + 'main.cjs')(name);
  }

  function readKept(path) {
    try {
      return path === null ? undefined : fs.readFileSync(path);
    } catch {
      return undefined;
    }
  }

  /* As well as it goes: without a place for it every run compiles. */
  function keep() {
    unkept.forEach(function (one) {
      try {
        fs.mkdirSync(cache, { recursive: true, mode: 448 });
        removeOlder(one[0]);
        fs.writeFileSync(one[0] + '.' + process.pid, one[1].createCachedData(), { mode: 384 });
        fs.renameSync(one[0] + '.' + process.pid, one[0]);
      } catch {
        return;
      }
    });
  }

  function removeOlder(path) {
    var prefix = path.slice(cache.length, path.lastIndexOf('-') + 1);
    fs.readdirSync(cache).forEach(function (other) {
      if (other.indexOf(prefix) === 0) fs.rmSync(cache + other, { force: true });
    });
  }

  return { load: load, keep: keep };
}

/* The caller's own folder: code from a shared temporary folder could be anybody's. */
function codeFolder() {
  var home = process.env.HOME;
  var caches = process.env.XDG_CACHE_HOME || (home ? home + '/.cache' : '');
  var name = '/aurora/code-' + process.version + '-' + process.arch + '/';
  return caches.charAt(0) === '/' ? caches + name : null;
}
