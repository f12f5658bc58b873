/** Fewer guesses than a million: found in a second by whoever has the hash (zxcvbn's score). */
const GUESSED = 1;

/** Whether a password is easily guessed, by somebody who knows these words. The dictionaries are read when first needed. */
export async function isGuessable(password: string, words: readonly string[]): Promise<boolean> {
  const { estimator } = await import('./guess-estimator.js');
  return estimator.check(password.slice(0, 100), [...words]).score <= GUESSED;
}
