import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const RULES = join(process.cwd(), '.dependency-cruiser.cjs');
const CRUISER = join(process.cwd(), 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** A tree in which each file breaks one rule. */
const VIOLATIONS: Record<string, { file: string; imports: string }> = {
  'features-know-not-one-another': { file: 'src/token/sideways.ts', imports: '../mcp/target.js' },
  'features-import-lower-layers': { file: 'src/token/upwards.ts', imports: '../app.module.js' },
  'http-imports-lower-layers': { file: 'src/http/upwards.ts', imports: '../mcp/target.js' },
  'services-import-lower-layers': { file: 'src/grants/upwards.ts', imports: '../http/target.js' },
  'sealing-imports-lower-layers': { file: 'src/sealing/upwards.ts', imports: '../grants/target.js' },
  'ground-imports-lower-layers': { file: 'src/database/upwards.ts', imports: '../sealing/target.js' },
  'the-doctor-stands-outside': { file: 'src/doctor/inwards.ts', imports: '../config/target.js' },
  'protocol-imports-nothing-of-ours': { file: 'src/oauth/upwards.ts', imports: '../config/target.js' },
  'protocol-does-no-io': { file: 'src/oauth/reads-files.ts', imports: 'node:fs' },
  'only-database-imports-typeorm': { file: 'src/accounts/queries.ts', imports: 'typeorm' },
  'only-jwt-imports-jose': { file: 'src/http/verifies.ts', imports: 'jose' },
  'no-cycles': { file: 'src/config/and-round.ts', imports: './round.js' },
  'no-undeclared-packages': { file: 'src/config/tests.ts', imports: 'jest' },
  resolves: { file: 'src/config/lost.ts', imports: './nowhere.js' },
};

describe('the layers', () => {
  let folder: string;
  let violations: Violation[];

  beforeAll(() => {
    mkdirSync('out', { recursive: true });
    folder = mkdtempSync(join(process.cwd(), 'out/layers-'));
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    for (const name of ['mcp', 'http', 'grants', 'sealing', 'config'])
      write(`src/${name}/target.ts`, 'export const target = 1;\n');
    write('src/app.module.ts', 'export const app = 1;\n');
    write('src/config/round.ts', "import './and-round.js';\n");
    write('src/health/alone.ts', 'export const alone = 1;\n');
    for (const { file, imports } of Object.values(VIOLATIONS)) write(file, `import '${imports}';\n`);
    cpSync('package.json', join(folder, 'package.json'));
    cpSync('tsconfig.json', join(folder, 'tsconfig.json'));
    violations = cruise(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(VIOLATIONS))('%s is caught', (rule, { file }) => {
    expect(violations.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(rule);
  });

  it('a module nobody imports is caught', () => {
    expect(violations).toContainEqual(
      expect.objectContaining({ from: 'src/health/alone.ts', rule: expect.objectContaining({ name: 'no-orphans' }) }),
    );
  });

  it('every rule there is has been seen to catch something', () => {
    const { forbidden } = createRequire(import.meta.url)(RULES) as { forbidden: { name: string }[] };
    expect(
      forbidden.map(({ name }) => name).filter((name) => !violations.some(({ rule }) => rule.name === name)),
    ).toEqual([]);
  });
});

function cruise(cwd: string): Violation[] {
  const { stdout, stderr } = spawnSync(process.execPath, [CRUISER, '--config', RULES, '--output-type', 'json', 'src'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}
