import { text, type Words } from '../texts/text.js';
import { redirectTarget } from '../oauth/redirect-uri.js';

/** Where the answer goes, as a person can read it: host and port, or the scheme of an application. */
export function redirectHost(redirectUri: string): string {
  return redirectTarget(redirectUri) === 'private-use'
    ? redirectUri.slice(0, redirectUri.indexOf(':') + 1)
    : new URL(redirectUri).host;
}

/** What a tool calls itself; where the answer goes when it gave no name. */
export function toolName(name: string | null | undefined, redirectUri: string): Words {
  return name ?? text('tool.at', { host: redirectHost(redirectUri) });
}

/**
 * Letters of other scripts, digits and signs that look like Latin ones (Unicode TR39, those that matter in names of
 * tools). Capitals apart: a capital eta looks like H, a small one like n.
 */
const LOOKS_LIKE = new Map(
  [
    ['a', 'аαΑА4@'],
    ['b', 'ЬвβΒВ6'],
    ['c', 'сϲС'],
    ['d', 'ԁ'],
    ['e', 'еεєΕЕ3'],
    ['g', 'ɡ9'],
    ['h', 'һΗНн'],
    ['i', 'іιΙІlI1!|'],
    ['j', 'јЈ'],
    ['k', 'кκΚК'],
    ['m', 'мΜМ'],
    ['n', 'пηΝ'],
    ['o', 'оοΟО0'],
    ['p', 'рρΡР'],
    ['q', 'ԛ'],
    ['r', 'г'],
    ['s', 'ѕЅ5$'],
    ['t', 'тτΤТ7'],
    ['u', 'υцս'],
    ['v', 'ν'],
    ['w', 'ѡω'],
    ['x', 'хχΧХ'],
    ['y', 'уγΥУ'],
    ['z', 'Ζ2'],
  ].flatMap(([latin, others]) => [...others!].map((other) => [other, latin!] as const)),
);

/**
 * What is left of a name when everything that can be disguised is taken away: two names that look alike have the same.
 */
export function skeleton(name: string): string {
  const latin = [...name.normalize('NFKD')].map((letter) => LOOKS_LIKE.get(letter) ?? letter);
  return latin
    .join('')
    .toLowerCase()
    .replaceAll('l', 'i')
    .replace(/[^a-z]/g, '');
}

/** Whether a name could be taken for one of these. */
export function imitates(name: string, known: readonly string[]): boolean {
  const asked = skeleton(name);
  return known.map(skeleton).some((one) => one.length >= 3 && asked.includes(one));
}
