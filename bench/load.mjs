import { Client } from 'undici';

export const CONNECTIONS = 16;

/** @typedef {{ method?: 'GET' | 'POST' | 'DELETE', path: string, headers?: Record<string, string>, body?: string }} Sent */
/** @typedef {{ status: number, headers: Record<string, string | string[] | undefined>, body: string }} Received */
/** @typedef {(sent: Sent) => Promise<Received>} Send */
/**
 * One operation of one connection: a request, or a whole flow of them. False when there is nothing left to do; throws
 * when an answer is not the right one.
 * @typedef {(send: Send, connection: number) => Promise<boolean>} Operation
 */

/**
 * A closed loop: each connection does the operation, waits for its end, does it again, for so many seconds or until there
 * is nothing left to do.
 * @param {string} origin
 * @param {number} seconds
 * @param {Operation} operation
 * @param {number} [connections]
 * @returns {Promise<{ operations: number, seconds: number, p50: number, p95: number, p99: number }>} latencies in milliseconds
 */
export async function load(origin, seconds, operation, connections = CONNECTIONS) {
  /** @type {number[]} */
  const latencies = [];
  const begun = performance.now();
  const until = begun + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      const client = new Client(origin, { pipelining: 1, keepAliveTimeout: 60_000 });
      const send = sender(client);
      try {
        for (let at = begun; at < until;) {
          if (!(await operation(send, connection))) return;
          const now = performance.now();
          latencies.push(now - at);
          at = now;
        }
      } finally {
        await client.close();
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  return { operations: latencies.length, seconds: took, ...shares(latencies) };
}

/** @param {number[]} latencies */
export function shares(latencies) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** @param {Client} client @returns {Send} */
export function sender(client) {
  return ({ method = 'GET', path, headers, body = null }) =>
    new Promise((resolve, reject) => {
      let [status, text] = [0, ''];
      /** @type {Received['headers']} */
      let received = {};
      client.dispatch(
        { method, path, headers: headers ?? {}, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code, all) {
            [status, received] = [code, all];
          },
          onResponseData(_controller, chunk) {
            text += chunk.toString();
          },
          onResponseEnd: () => resolve({ status, headers: received, body: text }),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
}
