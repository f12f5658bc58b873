import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** The groups whose every row is in the table. */
const GROUPS = /\b[WBEOX]\d{1,2}\b/g;

/** `docs/attacks.md` says what is tried and which file proves what happens: both are held to it here. */
const ROWS = [...readFileSync('docs/attacks.md', 'utf8').matchAll(/^\| ([A-Z]+\d+) +\|.*\|([^|]*)\|$/gm)].map(
  ([, id, proof]) => ({ id: id!, files: [...proof!.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file!) }),
);
/** Names of tests and groups of tests, by file. */
const NAMES = new Map(
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .map((file) => {
      const text = readFileSync(join('test', file), 'utf8');
      const names = [...text.matchAll(/\b(?:it|describe)(?:\.each\([\s\S]*?\))?\(\s*(['"`])([^\n]*?)\1,/g)];
      return [`test/${file}`, names.map(([, , name]) => name!).join('\n')];
    }),
);

describe('docs/attacks.md', () => {
  it('has many rows, each once', () => {
    expect(ROWS.length).toBeGreaterThan(40);
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  });

  it('names files in which a test has the id', () => {
    const missing = ROWS.flatMap(({ id, files }) =>
      files.filter((file) => !new RegExp(`\\b${id}\\b`).test(NAMES.get(file) ?? '')).map((file) => `${id}: ${file}`),
    );
    expect(missing).toEqual([]);
    expect(ROWS.filter(({ files }) => files.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it('has a row for every id that a test has', () => {
    const rows = new Set(ROWS.map(({ id }) => id));
    const tested = [...NAMES.values()].flatMap((names) => names.match(GROUPS) ?? []);
    expect([...new Set(tested)].filter((id) => !rows.has(id))).toEqual([]);
  });
});
