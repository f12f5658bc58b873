import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resource } from '../../database/entities/resource.entity.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { StoredResources } from '../../database/repositories/stored-resources.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { draftOf, type ScopeDraft } from '../../resources/declaration.js';
import { DeclaredResources } from '../../resources/declared-resources.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';
import { SCOPE_PAGE } from './resources.pages.js';
import { EMPTY, faultText, scopeFields, scopeOf } from './scope-form.js';

/**
 * The permissions of a declared server: one more, another sentence, one less. Names may hold anything, so they are in
 * the query.
 */
@Controller('console/operator/resources/:id/scopes')
@UseGuards(OperatorGuard)
export class ResourceScopesController {
  constructor(
    private readonly shells: Shells,
    private readonly confirmations: Confirmations,
    private readonly stored: StoredResources,
    private readonly declared: DeclaredResources,
  ) {}

  /** The form of the one that is named, or of a new one. */
  @Get()
  async form(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('name') name: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = await this.find(id);
    const scope = name === undefined ? EMPTY : named(resource, name);
    await this.render({ session, request, reply }, resource, scope, name !== undefined);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async put(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('name') name: unknown,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = await this.find(id);
    const filled = scopeOf(Object(body));
    const scope = name === undefined ? filled : { ...filled, name: named(resource, name).name };
    const put = (drafts: readonly ScopeDraft[]) =>
      name === undefined ? [...drafts, scope] : drafts.map((one) => (one.name === scope.name ? scope : one));
    const done = await this.declared.changeScopes(resource.uri, put, session.userId);
    if (done === false) throw new NotFoundException();
    if (done !== true)
      return this.render({ session, request, reply }, resource, scope, name !== undefined, faultText(done));
    await seeOther(reply, `/console/operator/resources/${id}?done=scope-kept`);
  }

  @Get('remove')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('name') name: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const question = questionOf(await this.find(id), name);
    await this.confirmations.ask({ tab: 'resources', session, request, reply }, question);
  }

  @Post('remove')
  @UseGuards(CsrfGuard)
  async remove(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('name') name: unknown,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = await this.find(id);
    const question = questionOf(resource, name);
    const asking: Asking = { tab: 'resources', session, request, reply };
    if (!(await this.confirmations.given(asking, question, typed))) return;
    const done = await this.declared.changeScopes(resource.uri, (all) => without(all, name), session.userId);
    if (done === false) throw new NotFoundException();
    if (done !== true) return this.confirmations.ask(asking, question, faultText(done));
    await seeOther(reply, `${question.back}?done=scope-removed`);
  }

  private async find(id: string): Promise<Resource> {
    const resource = await this.stored.find(id);
    if (!resource) throw new NotFoundException();
    return resource;
  }

  private async render(
    { session, ...http }: { session: LiveSession; request: FastifyRequest; reply: FastifyReply },
    { id, name, scopes }: Resource,
    scope: ScopeDraft,
    isNamed: boolean,
    failure?: Text,
  ): Promise<void> {
    const back = `/console/operator/resources/${id}`;
    const model = {
      title: text(isNamed ? 'resources.change-scope' : 'resources.add-scope'),
      shell: await this.shells.ofOperator('resources', session, http),
      notice: undefined,
      failure,
      resource: name,
      action: `${back}/scopes${isNamed ? `?${new URLSearchParams({ name: scope.name })}` : ''}`,
      back,
      named: isNamed,
      ...scopeFields(scope, scopes.map(draftOf)),
    };
    await renderPage(http.reply, SCOPE_PAGE, model, failure ? 400 : 200);
  }
}

/** The one of this name. Throws `NotFoundException`. */
function named({ scopes }: Resource, name: unknown): ScopeDraft {
  const scope = scopes.find((one) => one.name === fieldOf(name));
  if (!scope) throw new NotFoundException();
  return draftOf(scope);
}

/** The others, which contain it no more. */
const without = (drafts: readonly ScopeDraft[], name: unknown): ScopeDraft[] =>
  drafts
    .filter((one) => one.name !== name)
    .map((one) => ({ ...one, implies: one.implies.filter((other) => other !== name) }));

function questionOf(resource: Resource, name: unknown): Question {
  const scope = named(resource, name);
  const back = `/console/operator/resources/${resource.id}`;
  return {
    title: text('resources.remove-scope'),
    what: text('resources.remove-scope-what', { scope: scope.name, resource: resource.name }),
    word: scope.name,
    ends: true,
    action: `${back}/scopes/remove?${new URLSearchParams({ name: scope.name })}`,
    submit: text('resources.remove-scope'),
    back,
  };
}
