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
  var cache = compileCacheFolder();
  if (cache !== null) process.getBuiltinModule('module').enableCompileCache(cache);
  /* A checkout without `make build` runs its sources. */
  var built = new URL('../dist/cli/main.js', import.meta.url);
  var entry = fs.existsSync(built) ? built : new URL('../src/cli/main.ts', import.meta.url);
  import(entry.href)
    .then(function (program) {
      return program.main(process.argv.slice(2));
    })
    .then(function () {
      /* All output is written by now; taking the heap apart would only take time. */
      process.getBuiltinModule('module').flushCompileCache();
      process.exit();
    });
}

/* The caller's own folder: code from a shared temporary folder could be anybody's. */
function compileCacheFolder() {
  var home = process.env.HOME;
  var caches = process.env.XDG_CACHE_HOME || (home ? home + '/.cache' : '');
  return caches.charAt(0) === '/' ? caches + '/aurora/compile' : null;
}
