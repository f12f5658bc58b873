import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/*
 * `tsc` writes build/; what production starts is put from there into a handful of files in dist/: reading one is several
 * times faster than finding and reading the thousands of modules it is made of. What is native, or brings files along,
 * stays in node_modules. `--if-needed`: only when something changed.
 */
const OUT = 'dist';

/** What is built from, and by. A folder is newer when something in it came or went. */
const FROM = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'build.mjs'];

if (process.argv.includes('--if-needed') && isNew()) process.exit();

const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

const { build } = await import('esbuild');
const { metafile } = await build({
  entryPoints: {
    main: 'build/main.js',
    cli: 'build/cli.js',
    // The file of a thread, beside the chunk that starts it.
    'guess-estimator': 'src/accounts/guess-estimator.js',
  },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Names are kept by none: `keepNames` would define one for each function whenever it is made, at every request.
  // Packages written for require() expect it.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  external: [
    '@electric-sql/*',
    '@node-rs/argon2',
    // Not installed: what frameworks look for, and do without.
    '@fastify/multipart',
    '@fastify/static',
    '@nestjs/microservices',
    '@nestjs/platform-express',
    '@nestjs/websockets',
  ],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'external',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  metafile: true,
});
// Only what is over: a server that runs meanwhile may still load what stays.
for (const name of readdirSync(OUT))
  if (!(join(OUT, name) in metafile.outputs)) rmSync(join(OUT, name), { recursive: true });

function isNew() {
  const built = statSync(join(OUT, 'main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inside = readdirSync('src', { recursive: true }).map((name) => join('src', String(name)));
  return [...FROM, ...inside].every((path) => statSync(path).mtimeMs < built);
}
