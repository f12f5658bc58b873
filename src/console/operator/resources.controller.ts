import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import type { Resource } from '../../database/entities/resource.entity.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { StoredResources } from '../../database/repositories/stored-resources.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { displayName } from '../../organizations/display-name.js';
import { catalogueOf, declarableUri, draftOf } from '../../resources/declaration.js';
import { DeclaredResources } from '../../resources/declared-resources.js';
import { type Text, text } from '../../texts/text.js';
import { endedNotice } from '../ended.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { type Http, Shells } from '../shells.js';
import { CREDENTIALS_PAGE } from './credentials.pages.js';
import { NEW_RESOURCE_PAGE, RESOURCE_PAGE, RESOURCES_PAGE } from './resources.pages.js';
import { EMPTY, faultText, scopeFields, scopeOf } from './scope-form.js';

const RESOURCES = '/console/operator/resources';

type Asked = Readonly<Record<string, unknown>>;

interface Visit extends Http {
  readonly session: LiveSession;
}

/** The other servers that tokens are for; one of them; and declaring another, with its first permission. */
@Controller('console/operator/resources')
@UseGuards(OperatorGuard)
export class ResourcesController {
  constructor(
    private readonly shells: Shells,
    private readonly stored: StoredResources,
    private readonly declared: DeclaredResources,
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
    const now = this.clock.now();
    const resources = await this.stored.list();
    await renderPage(reply, RESOURCES_PAGE, {
      title: text('nav.resources'),
      shell: await this.shells.ofOperator('resources', session, { request, reply }),
      notice: endedNotice(asked, now) ?? noticeOf(asked['done']),
      own: this.config.resource,
      resources: resources.map((resource) => ({
        ...rowOf(resource, now),
        scopes: resource.scopes.map(({ name }) => name).join(' '),
      })),
    });
  }

  @Post()
  @UseGuards(CsrfGuard)
  async declare(
    @CurrentSession() session: LiveSession,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = Object(body) as Asked;
    const [uri, name] = [declarableUri(fieldOf(form['uri']).trim()), displayName(form['name'])];
    const scopes = catalogueOf([scopeOf(form)]);
    const http = { session, request, reply };
    if (uri === undefined) return this.renderForm(http, form, text('resources.uri-rule'));
    if (name === undefined) return this.renderForm(http, form, text('form.name-rule'));
    if ('rule' in scopes) return this.renderForm(http, form, faultText(scopes));
    const credentials = await this.declared.declare({ uri, name, scopes }, session.userId);
    if (credentials === 'own') return this.renderForm(http, form, text('resources.own-rule'));
    if (credentials === 'declared before') return this.renderForm(http, form, text('resources.declared-before'));
    const row = (await this.stored.list()).find((one) => one.uri === uri);
    await renderPage(reply, CREDENTIALS_PAGE, {
      title: text('resources.made'),
      shell: await this.shells.ofOperator('resources', session, { request, reply }),
      notice: undefined,
      lead: text('resources.made-lead', { resource: name }),
      clientId: credentials.serverId,
      secret: credentials.secret,
      next: row ? `${RESOURCES}/${row.id}` : RESOURCES,
    });
  }

  /** Before the one that has an id in its place. */
  @Get('new')
  async form(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderForm({ session, request, reply }, {});
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = await this.stored.find(id);
    if (!resource) throw new NotFoundException();
    await this.render({ session, request, reply }, resource, { notice: noticeOf(asked['done']) });
  }

  @Post(':id')
  @UseGuards(CsrfGuard)
  async rename(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = await this.stored.find(id);
    if (!resource) throw new NotFoundException();
    const name = displayName(typed);
    if (name === undefined) {
      const refused = { failure: text('form.name-rule'), newName: fieldOf(typed).slice(0, 100) };
      return this.render({ session, request, reply }, resource, refused);
    }
    await this.stored.change(resource.uri, { name }, this.clock.now(), session.userId);
    await seeOther(reply, `${RESOURCES}/${id}?done=resource-renamed`);
  }

  private async render(
    { session, ...http }: Visit,
    resource: Resource,
    { notice, failure, newName = resource.name }: { notice?: Text | undefined; failure?: Text; newName?: string },
  ): Promise<void> {
    const now = this.clock.now();
    const here = `${RESOURCES}/${resource.id}`;
    const model = {
      title: text('resources.title', { resource: resource.name }),
      shell: await this.shells.ofOperator('resources', session, http),
      notice,
      failure,
      resource: rowOf(resource, now),
      serverId: resource.serverId,
      connections: await this.stored.connections(resource.uri, now),
      newName,
      scopes: resource.scopes.map(draftOf).map((scope) => ({
        ...scope,
        implies: scope.implies.join(', '),
        change: `${here}/scopes?${new URLSearchParams({ name: scope.name })}`,
        remove: `${here}/scopes/remove?${new URLSearchParams({ name: scope.name })}`,
      })),
    };
    await renderPage(http.reply, RESOURCE_PAGE, model, failure ? 400 : 200);
  }

  private async renderForm({ session, ...http }: Visit, form: Asked, failure?: Text): Promise<void> {
    const model = {
      title: text('resources.new'),
      shell: await this.shells.ofOperator('resources', session, http),
      notice: undefined,
      failure,
      uri: fieldOf(form['uri']).slice(0, 2_000),
      name: fieldOf(form['name']).slice(0, 100),
      named: false as const,
      ...scopeFields(failure ? scopeOf(form) : EMPTY, []),
    };
    await renderPage(http.reply, NEW_RESOURCE_PAGE, model, failure ? 400 : 200);
  }
}

const rowOf = ({ id, uri, name, createdAt }: Resource, now: Date) => ({
  id,
  uri,
  name,
  since: moment(createdAt, now),
});
