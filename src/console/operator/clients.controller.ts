import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  isTrustworthy,
  type RegisteredClientDetails,
  RegisteredClients,
  registrationFault,
} from '../../clients/registered-clients.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import {
  CLIENT_STATES,
  type ClientFilter,
  type KnownClient,
  KnownClients,
} from '../../database/repositories/known-clients.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { CLIENT_AUTH_METHODS, CLIENT_IDENTITIES } from '../../oauth/client-metadata.js';
import { displayName } from '../../organizations/display-name.js';
import { text } from '../../texts/text.js';
import { choices, filterChoices } from '../choices.js';
import { endedNotice } from '../ended.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { clientRow } from './client-rows.js';
import { CLIENT_PAGE, CLIENTS_PAGE, NEW_CLIENT_PAGE, type NewClientModel } from './clients.pages.js';
import { CREDENTIALS_PAGE } from './credentials.pages.js';
import { nextPage, positionOf } from '../../http/position.js';

const CLIENTS = '/console/operator/clients';
const PAGE = 50;
/** More than anybody writes by hand; each is at most 2048 characters long. */
const MAX_REDIRECT_URIS = 20;

type Asked = Readonly<Record<string, unknown>>;
type NewClientForm = Pick<NewClientModel, 'name' | 'redirectUris' | 'trusted' | 'faults'> & { readonly method: string };

/** Every client that was registered here or approved by somebody; one of them; and registering another. */
@Controller('console/operator/clients')
@UseGuards(OperatorGuard)
export class ClientsController {
  constructor(
    private readonly shells: Shells,
    private readonly clients: KnownClients,
    private readonly registered: RegisteredClients,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = filterOf(asked);
    const found = await this.clients.list(filter, PAGE + 1);
    const now = this.clock.now();
    const { search, identity = '', state = '' } = filter;
    await renderPage(reply, CLIENTS_PAGE, {
      title: text('nav.clients'),
      shell: await this.shells.ofOperator('clients', session, { request, reply }),
      notice: undefined,
      search,
      grades: filterChoices(text('ai.any'), CLIENT_IDENTITIES, filter.identity, (value) => text(`grade.${value}`)),
      states: filterChoices(text('people.any'), CLIENT_STATES, filter.state, (value) => text(`clients.${value}`)),
      filtered: search + identity + state !== '' || filter.after !== undefined,
      clients: found.slice(0, PAGE).map((client) => clientRow(client, now)),
      more: nextPage(CLIENTS, { q: search, grade: identity, state }, found, PAGE),
    });
  }

  @Post()
  @UseGuards(CsrfGuard)
  async register(
    @CurrentSession() session: LiveSession,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = this.read(Object(body) as Asked);
    if (!('details' in form)) return this.renderForm(session, form, request, reply);
    const { clientId, secret } = await this.registered.register(form.details, session.userId);
    const next = `${CLIENTS}?q=${encodeURIComponent(clientId)}`;
    if (secret === undefined) return void (await seeOther(reply, next));
    await renderPage(reply, CREDENTIALS_PAGE, {
      title: text('clients.made'),
      shell: await this.shells.ofOperator('clients', session, { request, reply }),
      notice: undefined,
      lead: text('clients.made-lead', { client: form.details.name }),
      clientId,
      secret,
      next,
    });
  }

  /** Before the one that has an id in its place. */
  @Get('new')
  async form(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const faults = { name: undefined, redirectUris: undefined, trusted: undefined };
    const empty = { name: '', redirectUris: '', method: 'none', trusted: false, faults };
    await this.renderForm(session, empty, request, reply);
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const client = await this.clients.find(id);
    if (!client) throw new NotFoundException();
    const now = this.clock.now();
    const { organizationCount, ...facts } = await this.clients.factsOf(id, now);
    const row = clientRow(client, now);
    await renderPage(reply, CLIENT_PAGE, {
      title: text('clients.title', { tool: row.tool.name }),
      shell: await this.shells.ofOperator('clients', session, { request, reply }),
      notice: noticeOf(asked['done']),
      ended: endedNotice(asked, now),
      client: row,
      clientId: client.clientId,
      redirectUris: client.metadata.redirect_uris,
      method: client.metadata.token_endpoint_auth_method,
      metadata: restOf(client),
      ...facts,
      others: organizationCount - facts.organizations.length,
      hasSecret: client.identity === 'registered' && client.metadata.token_endpoint_auth_method !== 'none',
      mayBeTrusted: client.identity === 'registered' && isTrustworthy(client.metadata.redirect_uris),
    });
  }

  /** What was filled in: all that registering takes, or the form with what is wrong with it. */
  private read(body: Asked): NewClientForm | { readonly details: RegisteredClientDetails } {
    const redirectUris = fieldOf(body['redirect_uris']).slice(0, 50_000);
    const uris = [...new Set(redirectUris.split(/\s+/).filter(Boolean))];
    const name = displayName(body['name']);
    const authMethod = CLIENT_AUTH_METHODS.find((one) => one === body['method']) ?? 'none';
    const trusted = body['trusted'] === 'on';
    const fault = registrationFault(uris, this.config);
    const uriFault = fault
      ? text('clients.uri-fault', { uri: fault.uri.slice(0, 200), reason: fault.reason })
      : uris.length === 0 || uris.length > MAX_REDIRECT_URIS
        ? text('clients.uri-missing', { most: MAX_REDIRECT_URIS })
        : undefined;
    const faults = {
      name: name === undefined ? text('form.name-rule') : undefined,
      redirectUris: uriFault,
      trusted: trusted && !isTrustworthy(uris) ? text('clients.untrustworthy') : undefined,
    };
    if (name !== undefined && !faults.redirectUris && !faults.trusted)
      return { details: { name, redirectUris: uris, authMethod, trusted } };
    return { name: fieldOf(body['name']).slice(0, 100), redirectUris, method: authMethod, trusted, faults };
  }

  private async renderForm(
    session: LiveSession,
    { method, ...form }: NewClientForm,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const model = {
      title: text('clients.new'),
      shell: await this.shells.ofOperator('clients', session, { request, reply }),
      notice: undefined,
      ...form,
      methods: choices(CLIENT_AUTH_METHODS, method, (value) => text(`method.${value}`)),
    };
    await renderPage(reply, NEW_CLIENT_PAGE, model, Object.values(form.faults).some(Boolean) ? 400 : 200);
  }
}

/** What has no place of its own on the page. */
function restOf({ metadata }: KnownClient) {
  const { client_name, redirect_uris, token_endpoint_auth_method, ...rest } = metadata;
  return Object.entries(rest).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

function filterOf({ q, grade, state, after }: Asked): ClientFilter {
  return {
    search: fieldOf(q).trim().slice(0, 1_000),
    identity: CLIENT_IDENTITIES.find((one) => one === grade),
    state: CLIENT_STATES.find((one) => one === state),
    after: positionOf(after),
  };
}
