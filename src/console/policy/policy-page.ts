import { Injectable } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import { AccessRequests } from '../../database/repositories/access-requests.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import { ANY_TOOL, type NamedRule, Policies, SELF_ASSERTED } from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { permissionText } from '../../texts/permission.js';
import { type Text, text } from '../../texts/text.js';
import { choices } from '../choices.js';
import { fieldOf } from '../field.js';
import { noticeOf } from '../notices.js';
import { type Http, Shells } from '../shells.js';
import { type Fields, PEOPLE, PolicyForm, VERDICTS } from './policy-form.js';
import { peopleText, PolicyWords, rulingText, toolText } from './policy-words.js';
import { POLICY_PAGE } from './policy.pages.js';

export const policyPath = (organizationId: string) => `/console/organizations/${organizationId}/policy`;

/** The page of an organization's rules, that everything about them comes back to. */
@Injectable()
export class PolicyPage {
  constructor(
    private readonly shells: Shells,
    private readonly policies: Policies,
    private readonly form: PolicyForm,
    private readonly words: PolicyWords,
    private readonly access: AccessRequests,
    private readonly clock: Clock,
  ) {}

  /** `fields`: what was filled in, or the rule that is to be changed. `failure`: why it could not be done. */
  async show(
    session: LiveSession,
    organization: OwnOrganization,
    fields: Fields,
    http: Http,
    failure?: Text,
  ): Promise<void> {
    const { id } = organization;
    const here = policyPath(id);
    const now = this.clock.now();
    const { rules, undo, version } = await this.policies.read(id);
    const model = {
      title: text('policy.title', { organization: organization.name }),
      shell: await this.shells.ofOrganization('policy', organization, session, http),
      notice: noticeOf(fields['done']),
      failure,
      here,
      waiting: await this.access.countOpen(id, now),
      undo: undo && { version, name: toolText(undo.tool), says: await this.words.says(undo.people, undo.becomes) },
      rules: rules.map((rule) => this.line(rule, here, now)),
      ...(await this.filled(id, rules, fields, now)),
    };
    await renderPage(http.reply, POLICY_PAGE, model, failure ? 400 : 200);
  }

  private line(rule: NamedRule, here: string, now: Date) {
    return {
      tool: rule.tool,
      people: rule.people,
      name: toolText(rule.tool, rule.name),
      clientId: rule.name === null ? undefined : rule.tool,
      says: rulingText(rule.email ?? peopleText(rule.people), rule),
      denies: rule.verdict === 'deny',
      asks: rule.verdict === 'ask',
      ceiling: this.words.permissions(rule.ceiling ?? []),
      until: rule.expiresAt ? moment(rule.expiresAt, now) : undefined,
      over: rule.expiresAt !== null && rule.expiresAt <= now,
      change: `${here}?${new URLSearchParams({ tool: rule.tool, people: rule.people })}`,
    };
  }

  /** The form, as it was sent, or with what the rule it names says. */
  private async filled(organizationId: string, rules: readonly NamedRule[], fields: Fields, now: Date) {
    const rule = rules.find(({ tool, people }) => tool === fields['tool'] && people === fields['people']);
    const known = await this.policies.knownTools(organizationId, now);
    const offered = [
      { value: ANY_TOOL, label: toolText(ANY_TOOL) },
      { value: SELF_ASSERTED, label: toolText(SELF_ASSERTED) },
      ...known.map(({ clientId, name }) => ({ value: clientId, label: name ?? clientId })),
    ];
    const isOffered = offered.some(({ value }) => value === fields['tool']);
    return {
      tools: offered.map((one) => ({ ...one, selected: one.value === fields['tool'] })),
      address: fieldOf(fields['address']) || (rule && !isOffered ? rule.tool : ''),
      people: choices(PEOPLE, fields['people'], (value) => text(`people.${value}`)),
      person: fieldOf(fields['person']) || (rule?.email ?? ''),
      verdicts: choices(VERDICTS, rule?.verdict ?? fields['verdict'] ?? 'allow', (value) => text(`verdict.${value}`)),
      permissions: this.form.permissions().map((scope) => ({
        name: scope.name,
        label: permissionText(scope).sentence,
        selected: !rule?.ceiling || rule.ceiling.includes(scope.name),
      })),
      until: rule?.expiresAt?.toISOString().slice(0, 10) ?? '',
    };
  }
}
