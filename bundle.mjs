import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/*
 * What production starts, in a handful of files: reading one is several times faster than finding and reading the
 * thousands of modules it is made of. What is native, or brings files along, stays in node_modules.
 */
const OUT = 'dist';

const { metafile } = await build({
  entryPoints: ['build/main.js', 'build/cli.js'],
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Names of classes are names of entities.
  keepNames: true,
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
for (const name of await readdir(OUT))
  if (!(join(OUT, name) in metafile.outputs)) await rm(join(OUT, name), { recursive: true });
