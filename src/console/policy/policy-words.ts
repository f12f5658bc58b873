import { Injectable } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import {
  ANY_TOOL,
  type Decision,
  type People,
  personOf,
  Policies,
  SELF_ASSERTED,
} from '../../database/repositories/policies.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { permissionText } from '../../texts/permission.js';
import { ownText, type Text, text, type Words } from '../../texts/text.js';
import { PolicyForm } from './policy-form.js';

/** How the pages say whom a rule is for, which tool it is about, and what it permits. */
@Injectable()
export class PolicyWords {
  constructor(
    private readonly policies: Policies,
    private readonly users: Users,
    private readonly form: PolicyForm,
    private readonly clock: Clock,
  ) {}

  async says(people: People, decision: Decision | undefined): Promise<Text> {
    const userId = personOf(people);
    const one = userId === undefined ? undefined : await this.users.find(userId);
    return rulingText(userId === undefined ? peopleText(people) : (one?.email ?? ''), decision);
  }

  /** A tool by its name in that organization. */
  async tool(organizationId: string, tool: string): Promise<Words> {
    const known = await this.policies.knownTools(organizationId, this.clock.now());
    return toolText(tool, known.find(({ clientId }) => clientId === tool)?.name);
  }

  permissions(names: readonly string[]): Words[] {
    return this.form
      .permissions()
      .filter(({ name }) => names.includes(name))
      .map((scope) => permissionText(scope).sentence);
  }
}

export function toolText(tool: string, name?: string | null): Words {
  if (tool === ANY_TOOL) return text('policy.any-tool');
  return tool === SELF_ASSERTED ? text('policy.self-asserted') : (name ?? tool);
}

/** Of a role, or everybody. */
export const peopleText = (people: People): Words => ownText(`people.${people}`) ?? '';

export const rulingText = (people: Words, decision: Decision | undefined): Text =>
  text(`ruling.${decision?.verdict ?? 'none'}`, { people });
