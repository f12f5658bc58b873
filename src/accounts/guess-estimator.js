import { parentPort } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';

/*
 * How many guesses a password takes, as zxcvbn's score, in a thread of its own. It is JavaScript, since a thread is started
 * from a file: from this one where the tests run the sources, and from dist/ otherwise.
 */
const estimator = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
  // In how many ways digits are read as letters: the time it takes grows with it.
  l33tMaxSubstitutions: 30,
});

parentPort?.on('message', (/** @type {{ password: string, words: string[] }} */ { password, words }) =>
  parentPort?.postMessage(estimator.check(password, words).score),
);
