import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const VIEWS = readdirSync('views', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.hbs'))
  .map((file) => [file, readFileSync(join('views', file), 'utf8')] as const);
const SOURCE = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join('src', file), 'utf8'))
  .join('\n');

describe.each(VIEWS)('views/%s', (file, html) => {
  it('carries no script, no inline style and nothing of another site', () => {
    // Scripts are files of ours, and come by the one line of the head.
    const inside =
      file === 'partials/head.hbs' ? html.replace('<script type="module" src="{{script}}"></script>', '') : html;
    expect(inside).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|javascript:/i);
    expect(html.replace(/xmlns="[^"]+"/g, '')).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
  });

  it('escapes what it shows', () => {
    // A layout's own body is the one thing that is markup already.
    expect(file.startsWith('layouts/') ? html.replace('{{{body}}}', '') : html).not.toContain('{{{');
  });

  it('has a CSRF token in every form that posts', () => {
    for (const [, attributes, inside] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
      // A form that only filters is an address.
      if (attributes!.includes('method="get"')) continue;
      expect(attributes).toContain('method="post"');
      expect(inside).toContain('name="csrf"');
    }
  });

  it('labels every field', () => {
    for (const [, attributes] of html.matchAll(/<input\b((?:[^>{]|\{\{[^}]*\}\})*)>/g)) {
      if (/type="hidden"/.test(attributes!)) continue;
      const id = /\sid="([^"]+)"/.exec(attributes!)?.[1];
      expect([attributes, id !== undefined && html.includes(`<label for="${id}"`)]).toEqual([attributes, true]);
    }
  });

  it('is used', () => {
    const name = file.replace(/\.hbs$/, '');
    const [folder, base] = [name.split('/')[0], name.split('/').at(-1)!];
    if (folder === 'layouts') expect(SOURCE).toMatch(new RegExp(`'${base}'`));
    else if (folder === 'partials') expect(VIEWS.some(([, text]) => text.includes(`{{> ${base}}}`))).toBe(true);
    else expect(SOURCE).toContain(`'${name}'`);
  });
});
