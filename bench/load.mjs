import { Agent, request } from 'node:http';

export const CONNECTIONS = 16;

/** @typedef {{ method?: string, path: string, headers?: Record<string, string>, body?: string }} Sent */
/** @typedef {{ status: number, body: string }} Received */

/**
 * A closed loop: each of the connections sends, waits, sends again, for so many seconds or until there is nothing left
 * to send.
 * @param {string} origin
 * @param {number} seconds
 * @param {(connection: number) => Sent | undefined} next
 * @param {(received: Received, connection: number) => void} [check] throws when the answer is not the right one
 * @returns {Promise<{ operations: number, seconds: number, p50: number, p99: number }>} latencies in milliseconds
 */
export async function load(origin, seconds, next, check) {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  /** @type {number[]} */
  const latencies = [];
  const begun = performance.now();
  const until = begun + seconds * 1000;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      while (performance.now() < until) {
        const sent = next(connection);
        if (!sent) return;
        const at = performance.now();
        const received = await send(agent, hostname, port, sent);
        latencies.push(performance.now() - at);
        check?.(received, connection);
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { operations: latencies.length, seconds: took, p50: at(0.5), p99: at(0.99) };
}

/** @param {Agent} agent @param {string} hostname @param {string} port @param {Sent} sent @returns {Promise<Received>} */
function send(agent, hostname, port, { method = 'GET', path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const all = body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request({ agent, hostname, port, method, path, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: Number(response.statusCode), body: text }));
    });
    outgoing.on('error', reject).end(body);
  });
}
