import type { GrantBounds } from '../database/repositories/grants.repository.js';
import { OWN_SCOPES } from '../oauth/scope.js';
import type { Tool } from './tool.js';

/** A scope that no approval can give this connection now, and in a sentence for the model, who could allow it. */
export interface Withheld {
  readonly scope: string;
  readonly sentence: string;
}

const IN_VAIN = 'Connecting or approving again changes nothing.';

/** Of what the tool needs, the first scope that cannot be given; undefined: a step up can give all of it. */
export function withheldFrom({ scopes }: Tool, bounds: GrantBounds): Withheld | undefined {
  const given = (ceiling: readonly string[] | null) => OWN_SCOPES.allowed(scopes, bounds.role, ceiling);
  const [byRole, byPolicy] = [given(null), given(bounds.denied ? [] : bounds.ceiling)];
  const scope = scopes.find((name) => !byPolicy.includes(name));
  if (scope === undefined) return undefined;
  const because = byRole.includes(scope)
    ? 'which the organization does not allow this client. An owner or admin of the organization can allow it in the console, under AI clients.'
    : `which the person's role, ${bounds.role}, does not allow. An owner or admin of the organization can do it, or give the person another role.`;
  return { scope, sentence: `This needs the permission ${scope}, ${because} ${IN_VAIN}` };
}
