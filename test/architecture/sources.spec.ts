import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file: join('src', file), text: readFileSync(join('src', file), 'utf8') }));

const filesWith = (pattern: RegExp) => SOURCES.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

describe('the sources', () => {
  it('read the environment in one place', () => {
    expect(filesWith(/process\.env\b/)).toEqual(['src/config/config.ts']);
  });

  it('ask the time in one place', () => {
    expect(filesWith(/new Date\(\)|Date\.now\(\)/)).toEqual(['src/config/clock.ts']);
  });

  it('break every rule that a refusal can name somewhere', () => {
    const rules = [...readFileSync('src/oauth/finding.ts', 'utf8').matchAll(/^ {2}'?([a-z-]+)'?: \[/gm)].map(
      ([, rule]) => rule!,
    );
    expect(rules.length).toBeGreaterThan(40);
    expect(
      rules.filter((rule) => filesWith(new RegExp(`'${rule}'`)).every((file) => file === 'src/oauth/finding.ts')),
    ).toEqual([]);
  });

  it('lock the database by numbers that no two kinds of work share', () => {
    const locks = SOURCES.flatMap(({ text }) => [...text.matchAll(/\b\w+_LOCK = ([\d_]+);/g)]).map(
      ([, number]) => number!,
    );
    expect(locks.length).toBeGreaterThan(3);
    expect(locks.filter((number, index) => locks.indexOf(number) !== index)).toEqual([]);
  });

  it('escape neither the type checker nor the linter', () => {
    expect(filesWith(/@ts-(?:ignore|nocheck|expect-error)|\bas any\b|(?:ox|es)lint-disable/)).toEqual([]);
  });
});
