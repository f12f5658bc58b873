import { authorization } from './checks/authorization.js';
import { browsers } from './checks/browsers.js';
import { challenge } from './checks/challenge.js';
import { client } from './checks/client.js';
import { discovery } from './checks/discovery.js';
import { reach } from './checks/reach.js';
import { tokens } from './checks/tokens.js';
import { bad, type Check, type Observation, type Patient } from './examination.js';
import type { ToolProfile } from './tools.js';
import { NoAnswer } from './visit.js';

/** In this order; each with what must have been learnt, without which the rest could only repeat the fault. */
const CHECKS: readonly { readonly check: Check; readonly learns?: 'reached' | 'server' | 'clientId' }[] = [
  { check: reach, learns: 'reached' },
  { check: challenge },
  { check: discovery, learns: 'server' },
  { check: browsers },
  { check: client, learns: 'clientId' },
  { check: authorization },
  { check: tokens },
];

/**
 * Looks at a deployment from outside, as this tool would, and says what it sees. It changes nothing: it registers a
 * client of which the server keeps nothing, and redeems a code that nobody made.
 */
export async function* examine(url: string, tool: ToolProfile, now: () => Date): AsyncGenerator<Observation> {
  const patient: Patient = { url, origin: new URL(url).origin, tool, now };
  for (const { check, learns } of CHECKS) {
    try {
      yield* check(patient);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      yield bad(check.name, error.code === 'timeout' ? 'too-slow' : 'unreachable', error.message);
    }
    if (learns && patient[learns] === undefined) return;
  }
}
