import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const read = (file: string) => readFileSync(file, 'utf8');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

describe('the documentation', () => {
  it('describes every variable, and none that is not read', () => {
    const variables = [...read('src/config/environment.ts').matchAll(/^ {2}([A-Z][A-Z_]+)\?:/gm)].map(
      ([, name]) => name!,
    );
    const described = [...read('docs/configuration.md').matchAll(/^\| (`[A-Z][^|]*) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!),
    );
    expect(variables.length).toBeGreaterThan(20);
    expect(described.toSorted()).toEqual(variables.toSorted());
  });

  it.each(PAGES)('%s links only to what is there', (page) => {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g))
      expect([target, existsSync(join(dirname(page), target!))]).toEqual([target, true]);
  });

  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const page of PAGES)
      for (const [, script] of read(page).matchAll(/npm run (?:--silent )?([a-z:-]+)/g))
        expect(scripts).toHaveProperty([script!]);
  });

  it('lists every decision', () => {
    const index = read('docs/decisions/README.md');
    for (const file of readdirSync('docs/decisions').filter((name) => name !== 'README.md'))
      expect(index).toContain(`(${file})`);
  });
});
