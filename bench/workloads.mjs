import { ask } from './contestants/contestant.mjs';

/** @typedef {import('./contestants/contestant.mjs').Contestant} Contestant */
/** @typedef {import('./contestants/contestant.mjs').Tokens} Tokens */
/** @typedef {import('./load.mjs').Operation} Operation */
/** @typedef {import('./load.mjs').Send} Send */
/** `before`: what makes the things that it spends. @typedef {{ operation: Operation, before?: Operation | undefined, connections?: number }} Workload */

/** In the order they run. */
export const WORKLOADS = /** @type {const} */ ([
  'refresh',
  'exchange',
  'revocation',
  'introspection',
  'registration',
  'metadata',
  'bearer, new token',
  'bearer, seen token',
  'tools/list',
  'log-in flow',
]);
/** @typedef {typeof WORKLOADS[number]} WorkloadName */

/** Log-ins wait for their hashes: more at once would only wait longer. */
const PEOPLE = 4;
/** Access tokens that nobody has seen yet, at most. */
const KEPT = 100_000;

/**
 * What a contestant can do, ready to run as often as one likes.
 * @param {Contestant} contestant
 * @param {Send} send
 * @param {{ codes: number, connections: number }} size codes for all rounds together
 * @returns {Promise<Partial<Record<WorkloadName, Workload>>>}
 */
export async function workloads(contestant, send, { codes: count, connections }) {
  const { exchange, refresh, revoke, introspect, register, metadata, bearer, listTools, logIn } = contestant;
  /** @type {Partial<Record<WorkloadName, Workload>>} */
  const all = {};
  /** @type {string[]} */
  const codes = (await contestant.codes?.(send, count + connections)) ?? [];
  /** Spent by revocation. @type {Tokens[]} */
  const pairs = [];
  /** Access tokens that nobody has seen yet. @type {string[]} */
  const fresh = (await contestant.accessTokens?.(KEPT)) ?? [];
  let seen = fresh[0] ?? '';
  /** @param {Tokens} tokens */
  const keep = (tokens) => {
    if (!tokens.refresh_token) throw new Error(JSON.stringify(tokens));
    if (fresh.length < KEPT) fresh.push(tokens.access_token);
    seen = tokens.access_token;
    return tokens;
  };
  if (exchange && refresh) {
    /** One a connection: each knows its own last refresh token. @type {string[]} */
    const chains = [];
    for (let at = 0; at < connections; at++)
      chains.push(keep(await ask(send, exchange(String(codes.pop())))).refresh_token);
    all.refresh = {
      async operation(by, connection) {
        chains[connection] = keep(await ask(by, refresh(String(chains[connection])))).refresh_token;
        return true;
      },
    };
    all.exchange = {
      async operation(by) {
        const code = codes.pop();
        if (code === undefined) return false;
        const tokens = await ask(by, exchange(code));
        // What is revoked must not be asked to open anything afterwards.
        if (revoke && codes.length % 8) pairs.push(tokens);
        else keep(tokens);
        return true;
      },
    };
  }
  if (revoke)
    all.revocation = {
      before: all.exchange?.operation,
      async operation(by) {
        const tokens = pairs.pop();
        return tokens !== undefined && is(200, await by(revoke(tokens)));
      },
    };
  if (introspect) {
    const sent = await introspect(send);
    all.introspection = {
      operation: async (by) => {
        if (!(await ask(by, sent)).active) throw new Error('not active');
        return true;
      },
    };
  }
  if (register) all.registration = { operation: async (by) => is(201, await by(register())) };
  if (metadata) all.metadata = { operation: async (by) => is(200, await by(metadata())) };
  if (bearer) {
    all['bearer, new token'] = {
      before: contestant.accessTokens ? undefined : all.refresh?.operation,
      async operation(by) {
        const token = fresh.pop();
        return token !== undefined && is(405, await by(bearer(token)));
      },
    };
    all['bearer, seen token'] = { operation: async (by) => is(405, await by(bearer(seen))) };
  }
  if (listTools) all['tools/list'] = { operation: async (by) => is(200, await by(listTools(seen))) };
  if (logIn)
    all['log-in flow'] = {
      connections: PEOPLE,
      async operation(by) {
        await logIn(by);
        return true;
      },
    };
  return all;
}

/** @param {number} status @param {import('./load.mjs').Received} received */
function is(status, received) {
  if (received.status !== status)
    throw new Error(`${received.status} instead of ${status}: ${received.body.slice(0, 500)}`);
  return true;
}
