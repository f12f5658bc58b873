import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Fewer guesses than a million: found in a second by whoever has the hash (zxcvbn's score). */
const GUESSED = 1;

let estimator: Promise<ZxcvbnFactory> | undefined;

/** Whether a password is easily guessed, by somebody who knows these words. The dictionaries are read when first needed. */
export async function isGuessable(password: string, words: readonly string[]): Promise<boolean> {
  estimator ??= load();
  return (await estimator).check(password.slice(0, 100), [...words]).score <= GUESSED;
}

async function load(): Promise<ZxcvbnFactory> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const dictionary = { ...common.dictionary, ...english.dictionary };
  return new core.ZxcvbnFactory({ dictionary, graphs: common.adjacencyGraphs });
}
