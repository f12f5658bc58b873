import { load } from './load.mjs';

const AT_ONCE = 8;

/**
 * That a server is worth timing: of eight parallel spends of one code, and of one refresh token, one pair of tokens comes
 * out; a refresh token that was replaced twice is refused; and what was answered survives the process being killed.
 * Throws when one of these is not so.
 * @param {import('./contestants/contestant.mjs').Contestant} contestant
 * @param {import('./processes.mjs').Running} running
 * @returns {Promise<import('./processes.mjs').Running>} started again
 */
export async function prove(contestant, running) {
  const { name, origin, codes, exchange, refresh } = contestant;
  if (!codes || !exchange || !refresh) return running;
  /** @param {import('./load.mjs').Sent} sent @returns {Promise<string[]>} the different refresh tokens that came out */
  const inParallel = async (sent) => {
    /** @type {Set<string>} */
    const got = new Set();
    let left = AT_ONCE;
    await load(
      origin,
      10,
      async (send) => {
        if (left-- <= 0) return false;
        const { status, body } = await send(sent);
        if (status === 200 && JSON.parse(body).refresh_token) got.add(JSON.parse(body).refresh_token);
        return true;
      },
      AT_ONCE,
    );
    return [...got];
  };
  /** @param {import('./load.mjs').Sent} sent @returns {Promise<any>} */
  const one = async (sent) => {
    let answer;
    let asked = false;
    await load(
      origin,
      10,
      async (send) => {
        if (asked) return false;
        asked = true;
        const { status, body } = await send(sent);
        answer = status === 200 ? JSON.parse(body) : {};
        return true;
      },
      1,
    );
    return answer;
  };
  /** @type {string[]} */
  let waiting = [];
  await load(
    origin,
    10,
    async (send) => {
      if (waiting.length > 0) return false;
      waiting = await codes(send, 3);
      return true;
    },
    1,
  );
  const expect = (/** @type {boolean} */ holds, /** @type {string} */ what) => {
    if (!holds) throw new Error(`${name}: ${what}`);
  };
  const [raced = '', spent = '', kept = ''] = waiting;
  expect((await inParallel(exchange(raced))).length === 1, 'one code gave more than one pair of tokens, or none');
  const first = (await one(exchange(spent))).refresh_token;
  const second = await inParallel(refresh(first));
  expect(second.length === 1, `one refresh token gave ${second.length} successors`);
  const last = (await one(exchange(kept))).refresh_token;
  const third = (await one(refresh(last))).refresh_token;
  expect(third !== last, 'a refresh token is not replaced');
  await running.kill();
  const again = await contestant.start();
  const fourth = await one(refresh(third));
  expect(Boolean(fourth.refresh_token), 'a session did not survive the process being killed');
  expect(!(await one(refresh(last))).refresh_token, 'a refresh token that was replaced twice still works');
  return again;
}
