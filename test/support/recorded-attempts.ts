import { EN } from '../../src/texts/en/index.js';
import { HttpBrowser, textOf, unescape, type WebPage } from './http-browser.js';
import type { Person } from './people.js';

/** One step of a timeline, as a page shows it. */
export interface ShownStep {
  readonly kind: string;
  readonly failed: boolean;
  readonly uncertain: boolean;
  readonly rule: string | undefined;
  readonly compared: Readonly<Record<string, string>>;
  readonly sent: Readonly<Record<string, string>>;
  readonly cure: string | undefined;
  readonly code: string | undefined;
}

const KINDS = new Map(
  Object.entries(EN).flatMap(([key, label]) =>
    key.startsWith('step.') ? [[label as string, key.slice(5)] as const] : [],
  ),
);

/** The steps of a page that shows an attempt. */
export function stepsOf({ html }: WebPage): ShownStep[] {
  return [...html.matchAll(/<li class="(failed|passed)( uncertain)?">([\s\S]*?)<\/li>/g)].map(
    ([, outcome, uncertain, step]) => {
      const [shown, sent = ''] = step!.split('<details>');
      return {
        kind: KINDS.get(textOf(/<h3>([\s\S]*?)<\/h3>/.exec(shown!)![1]!))!,
        failed: outcome === 'failed',
        uncertain: uncertain !== undefined,
        rule: /Rule <strong>([a-z-]+)<\/strong>/.exec(shown!)?.[1],
        compared: valuesOf(shown!),
        sent: valuesOf(sent),
        cure: cureOf(shown!),
        code: /Support code ([A-Z2-9]{10})/.exec(shown!)?.[1],
      };
    },
  );
}

function cureOf(html: string): string | undefined {
  const callout = /<div class="callout[^"]*"><h4>[^<]*<\/h4><p>([\s\S]*?)<\/p>/.exec(html)?.[1];
  return callout === undefined ? undefined : textOf(callout);
}

function valuesOf(html: string): Record<string, string> {
  const found = html.matchAll(/<dt><code>([\s\S]*?)<\/code><\/dt><dd><code class="code">([\s\S]*?)<\/code><\/dd>/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name!, unescape(value!)]));
}

/** Addresses of the attempts a list shows, the newest first. */
export function attemptsOf({ html }: WebPage): string[] {
  return [...html.matchAll(/href="(\/console\/[^"]*attempts\/[0-9a-f-]{36})"/g)].map(([, href]) => href!);
}

/** The support code that an answer shows, on a page or in an error description. */
export function codeOf(shown: string): string {
  return /support code ([A-Z2-9]{10})/i.exec(shown)![1]!;
}

export async function enter(
  origin: string,
  { email, password }: Pick<Person, 'email' | 'password'>,
): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(`${origin}/console/login`), 'Log in', { email, password });
  return browser;
}
