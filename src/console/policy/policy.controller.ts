import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nameOfTool, toolName } from '../../clients/names.js';
import { Clock } from '../../config/clock.js';
import { AccessRequests } from '../../database/repositories/access-requests.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import {
  ANY_TOOL,
  type Decision,
  type People,
  personOf,
  Policies,
  type PolicyChange,
  SELF_ASSERTED,
} from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { REHEARSED_DAYS, type Touched, ToolPolicy } from '../../policy/tool-policy.service.js';
import { Sealing } from '../../sealing/sealing.service.js';
import { permissionText } from '../../texts/permission.js';
import { ownText, type Text, text, type Words } from '../../texts/text.js';
import { choices } from '../choices.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { type Fields, PEOPLE, PolicyForm, VERDICTS } from './policy-form.js';
import { POLICY_PAGE, POLICY_REHEARSAL_PAGE } from './policy.pages.js';
import { PAGE, pageOf, placeOf, writtenPlaces } from './rehearsal-pages.js';

const REHEARSAL_SECONDS = 3600;

/** A change that was rehearsed, and of which version of the policy. */
interface Rehearsed {
  readonly change: PolicyChange;
  readonly version: number;
}

/** Which tools may work for an organization. Owners and admins decide; to others there is no such page. */
@Controller('console/organizations/:id/policy')
@UseGuards(SessionGuard)
export class PolicyController {
  constructor(
    private readonly shells: Shells,
    private readonly policies: Policies,
    private readonly policy: ToolPolicy,
    private readonly form: PolicyForm,
    private readonly access: AccessRequests,
    private readonly users: Users,
    private readonly sealing: Sealing,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    await this.render(session, organization, asked, request, reply);
  }

  /** What a change would do. Nothing is changed. */
  @Post('rehearsal')
  @UseGuards(CsrfGuard)
  async rehearse(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body() fields: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const policy = await this.policies.read(id);
    const change = await this.form.read(id, policy, fields);
    if ('key' in change) return this.render(session, organization, fields, request, reply, change);
    return this.foretell({ change, version: policy.version }, session, organization, request, reply);
  }

  /** A further page of a rehearsal. The change travels in the address, sealed, to be made as before. */
  @Get('rehearsal')
  async more(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const sealed = fieldOf(asked['change']);
    const rehearsed = this.opened(sealed, session, id);
    if (!rehearsed) return this.render(session, organization, {}, request, reply, text('policy.stale'));
    return this.foretell(rehearsed, session, organization, request, reply, { sealed, asked });
  }

  /** Brings back what was before the last change: at once when no connection would notice, else by its rehearsal. */
  @Post('undo')
  @UseGuards(CsrfGuard)
  async undo(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('version') version: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const { undo: change, version: current } = await this.policies.read(id);
    if (!change || String(current) !== version)
      return this.render(session, organization, {}, request, reply, text('policy.stale'));
    const rehearsal = await this.policy.rehearse(id, change, current, { size: 0 });
    if (!rehearsal || rehearsal.ended.count + rehearsal.changed.count > 0)
      return this.foretell({ change, version: current }, session, organization, request, reply);
    const asked = { organizationId: id, change, version: current, by: session.userId };
    if ((await this.policy.save(asked)) === undefined)
      return this.render(session, organization, {}, request, reply, text('policy.stale'));
    await reply.redirect(`${addressOf(id)}?done=policy-undone`, 303);
  }

  private async foretell(
    rehearsed: Rehearsed,
    session: LiveSession,
    organization: OwnOrganization,
    request: FastifyRequest,
    reply: FastifyReply,
    page?: { readonly sealed: string; readonly asked: Fields },
  ): Promise<void> {
    const { id } = organization;
    const { change, version } = rehearsed;
    const places = { ended: placeOf(page?.asked['ended']), changed: placeOf(page?.asked['changed']) };
    const rehearsal = await this.policy.rehearse(id, change, version, { ...places, size: PAGE });
    if (!rehearsal) return this.render(session, organization, {}, request, reply, text('policy.stale'));
    const shell = await this.shells.ofOrganization('policy', organization, session, { request, reply });
    const { ended, changed, untouched, approvals } = rehearsal;
    const sealed =
      page?.sealed ?? this.sealing.sealValue('policy-change', rehearsed, REHEARSAL_SECONDS, contextOf(session, id));
    const [endedPage, changedPage] = [pageOf(ended.named), pageOf(changed.named)];
    const at = (there: Partial<typeof places>) =>
      `${addressOf(id)}/rehearsal?${new URLSearchParams({ change: sealed, ...writtenPlaces(there) })}`;
    await renderPage(reply, POLICY_REHEARSAL_PAGE, {
      title: text('policy.rehearsal-title'),
      shell,
      notice: undefined,
      here: addressOf(id),
      change: sealed,
      says: saysOf(await this.peopleOf(change.people), change.becomes),
      denies: change.becomes?.verdict === 'deny',
      asks: change.becomes?.verdict === 'ask',
      name: nameOf(change.tool, await this.nameOf(id, change.tool)),
      ended: ended.count,
      changed: changed.count,
      untouched,
      endedLines: endedPage.lines.map((one) => this.line(one)),
      changedLines: changedPage.lines.map((one) => this.line(one)),
      days: REHEARSED_DAYS,
      approvals: approvals.map(({ name, redirectUri, identity, ...counts }) => ({
        ...counts,
        tool: nameOfTool(name, redirectUri),
        selfAsserted: identity === 'self-asserted',
      })),
      endedMore: endedPage.last && at({ ...places, ended: endedPage.last }),
      changedMore: changedPage.last && at({ ...places, changed: changedPage.last }),
      first: places.ended || places.changed ? at({}) : undefined,
    });
  }

  /** Makes a change that was rehearsed, by whom, in the same session; unless somebody changed something since. */
  @Post()
  @UseGuards(CsrfGuard)
  async save(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('change') sealed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const rehearsed = this.opened(sealed, session, id);
    const ended = rehearsed && (await this.policy.save({ organizationId: id, ...rehearsed, by: session.userId }));
    if (ended === undefined) return this.render(session, organization, {}, request, reply, text('policy.stale'));
    await reply.redirect(`${addressOf(id)}?done=policy-changed`, 303);
  }

  /** What was rehearsed for this organization in this session, of late. */
  private opened(sealed: unknown, session: LiveSession, id: string): Rehearsed | undefined {
    const opened = this.sealing.openValue<Rehearsed>('policy-change', fieldOf(sealed), contextOf(session, id));
    if (typeof opened !== 'object') return undefined;
    return { change: revived(opened.value.change), version: opened.value.version };
  }

  private async render(
    session: LiveSession,
    organization: OwnOrganization,
    fields: Fields,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { id } = organization;
    const now = this.clock.now();
    const { rules, undo, version } = await this.policies.read(id);
    const known = await this.policies.knownTools(id, now);
    const filled = rules.find(({ tool, people }) => tool === fields['tool'] && people === fields['people']);
    const waiting = await this.access.countOpen(id, now);
    const shell = await this.shells.ofOrganization('policy', organization, session, { request, reply });
    const offered = [
      { value: ANY_TOOL, label: nameOf(ANY_TOOL) },
      { value: SELF_ASSERTED, label: nameOf(SELF_ASSERTED) },
      ...known.map(({ clientId, name }) => ({ value: clientId, label: name ?? clientId })),
    ];
    const isOffered = offered.some(({ value }) => value === fields['tool']);
    await renderPage(
      reply,
      POLICY_PAGE,
      {
        title: text('policy.title', { organization: organization.name }),
        shell,
        notice: noticeOf(fields['done']),
        failure,
        here: addressOf(id),
        waiting,
        undo: undo && {
          version,
          name: nameOf(undo.tool),
          says: saysOf(await this.peopleOf(undo.people), undo.becomes),
        },
        rules: rules.map((rule) => ({
          tool: rule.tool,
          people: rule.people,
          name: nameOf(rule.tool, rule.name),
          clientId: rule.name === null ? undefined : rule.tool,
          says: saysOf(rule.email ?? peopleText(rule.people), rule),
          denies: rule.verdict === 'deny',
          asks: rule.verdict === 'ask',
          ceiling: this.inWords(rule.ceiling ?? []),
          until: rule.expiresAt ? moment(rule.expiresAt, now) : undefined,
          over: rule.expiresAt !== null && rule.expiresAt <= now,
          change: `${addressOf(id)}?${new URLSearchParams({ tool: rule.tool, people: rule.people })}`,
        })),
        tools: offered.map((one) => ({ ...one, selected: one.value === fields['tool'] })),
        address: fieldOf(fields['address']) || (filled && !isOffered ? filled.tool : ''),
        people: choices(PEOPLE, fields['people'], (value) => text(`people.${value}`)),
        person: fieldOf(fields['person']) || (filled?.email ?? ''),
        verdicts: choices(VERDICTS, filled?.verdict ?? fields['verdict'] ?? 'allow', (value) =>
          text(`verdict.${value}`),
        ),
        permissions: this.form.permissions().map((scope) => ({
          name: scope.name,
          label: permissionText(scope).sentence,
          selected: !filled?.ceiling || filled.ceiling.includes(scope.name),
        })),
        until: filled?.expiresAt?.toISOString().slice(0, 10) ?? '',
      },
      failure ? 400 : 200,
    );
  }

  private async peopleOf(people: People): Promise<Words> {
    const userId = personOf(people);
    if (userId === undefined) return peopleText(people);
    return (await this.users.find(userId))?.email ?? '';
  }

  private async nameOf(organizationId: string, tool: string): Promise<string | null> {
    const known = await this.policies.knownTools(organizationId, this.clock.now());
    return known.find(({ clientId }) => clientId === tool)?.name ?? null;
  }

  private line({ email, metadata, redirectUri, identity, after }: Touched) {
    return {
      email,
      tool: toolName(metadata, redirectUri),
      selfAsserted: identity === 'self-asserted',
      after: this.inWords(after),
    };
  }

  private inWords(names: readonly string[]): Words[] {
    return this.form
      .permissions()
      .filter(({ name }) => names.includes(name))
      .map((scope) => permissionText(scope).sentence);
  }
}

const addressOf = (id: string) => `/console/organizations/${id}/policy`;
const contextOf = ({ idHash }: LiveSession, id: string) => `${idHash.toString('base64url')} ${id}`;

function nameOf(tool: string, name: string | null = null): Words {
  if (tool === ANY_TOOL) return text('policy.any-tool');
  return tool === SELF_ASSERTED ? text('policy.self-asserted') : (name ?? tool);
}

/** Of a role, or everybody. */
const peopleText = (people: People): Words => ownText(`people.${people}`) ?? '';

function saysOf(people: Words, decision: Decision | undefined): Text {
  return text(`ruling.${decision?.verdict ?? 'none'}`, { people });
}

/** A time is text while it is sealed. */
function revived({ becomes, ...change }: PolicyChange): PolicyChange {
  return {
    ...change,
    becomes: becomes && { ...becomes, expiresAt: becomes.expiresAt && new Date(becomes.expiresAt) },
  };
}
