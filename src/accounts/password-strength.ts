import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { Overload } from '../config/overload.js';

/** Fewer guesses than a million: found in a second by whoever has the hash (zxcvbn's score). */
const GUESSED = 1;

/** No word of the dictionaries is longer than 23. All of a hundred characters took a second, 32 take a tenth of one. */
const READ = 32;
/** As many as are estimated in a few seconds. */
const WAITING_AT_MOST = 32;
/** For so long the thread stays for whoever comes next: its dictionaries take half a second to read, and 60 MB. */
const IDLE_MS = 30_000;
const MEMORY = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 };

/** Estimating takes a processor, so that it has a thread of its own: nobody's password must keep tokens waiting. */
const inTurn = pLimit(1);
let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;

/** Whether a password is easily guessed, by somebody who knows these words. Throws `Overload`. */
export async function isGuessable(password: string, words: readonly string[]): Promise<boolean> {
  const { pendingCount } = inTurn;
  if (pendingCount >= WAITING_AT_MOST) throw new Overload('password estimates', pendingCount);
  const question = { password: beginning(password), words: words.map((word) => word.slice(0, READ)) };
  return (await inTurn(() => scoreOf(question))) <= GUESSED;
}

/** What follows makes it stronger, unless it is the same again: so what is repeated is read twice. */
function beginning(password: string): string {
  if (password.length <= READ) return password;
  return password
    .slice(0, 100)
    .replace(/(.+?)\1{2,}/gsu, '$1$1')
    .slice(0, READ);
}

async function scoreOf(question: { readonly password: string; readonly words: readonly string[] }): Promise<number> {
  clearTimeout(idle);
  thread ??= new Worker(new URL('guess-estimator.js', import.meta.url), { resourceLimits: MEMORY });
  thread.ref();
  try {
    thread.postMessage(question);
    const [score] = (await once(thread, 'message')) as [number];
    return score;
  } catch (error) {
    thread = undefined;
    throw error;
  } finally {
    // A program may end meanwhile.
    thread?.unref();
    idle = setTimeout(endThread, IDLE_MS).unref();
  }
}

function endThread(): void {
  void thread?.terminate();
  thread = undefined;
}
