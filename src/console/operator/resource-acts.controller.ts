import { Body, Controller, Get, NotFoundException, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { Resource } from '../../database/entities/resource.entity.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { StoredResources } from '../../database/repositories/stored-resources.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { DeclaredResources } from '../../resources/declared-resources.js';
import { text } from '../../texts/text.js';
import { endedQuery } from '../ended.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';
import { CREDENTIALS_PAGE } from './credentials.pages.js';

const ACTS = ['rotate-secret', 'remove'] as const;
type Act = (typeof ACTS)[number];

/**
 * What operators do about one declared server. Removing it ends its connections, and is confirmed by typing its name.
 */
@Controller('console/operator/resources/:id')
@UseGuards(OperatorGuard)
export class ResourceActsController {
  constructor(
    private readonly shells: Shells,
    private readonly confirmations: Confirmations,
    private readonly stored: StoredResources,
    private readonly declared: DeclaredResources,
    private readonly clock: Clock,
  ) {}

  @Get(':act')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { question } = await this.asked(id, name);
    await this.confirmations.ask({ tab: 'resources', session, request, reply }, question);
  }

  @Post(':act')
  @UseGuards(CsrfGuard)
  async act(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { act, resource, question } = await this.asked(id, name);
    const asking: Asking = { tab: 'resources', session, request, reply };
    if (!(await this.confirmations.given(asking, question, typed))) return;
    if (act === 'rotate-secret') return this.rotate(resource, question, asking);
    const ended = await this.stored.remove(resource.uri, this.clock.now(), session.userId);
    if (!ended) throw new NotFoundException();
    const query = endedQuery(ended.live, this.clock.now());
    await seeOther(reply, `/console/operator/resources?done=resource-removed&${query}`);
  }

  private async rotate({ uri, serverId }: Resource, { back }: Question, asking: Asking): Promise<void> {
    const { session, request, reply } = asking;
    const secret = await this.declared.rotateSecret(uri, session.userId);
    if (secret === undefined) throw new NotFoundException();
    await renderPage(reply, CREDENTIALS_PAGE, {
      title: text('credentials.new'),
      shell: await this.shells.ofOperator('resources', session, { request, reply }),
      notice: undefined,
      lead: text('credentials.replaced'),
      clientId: serverId,
      secret,
      next: back,
    });
  }

  private async asked(id: string, name: string): Promise<{ act: Act; resource: Resource; question: Question }> {
    const act = ACTS.find((one) => one === name);
    const resource = await this.stored.find(id);
    if (!act || !resource) throw new NotFoundException();
    const connections = await this.stored.connections(resource.uri, this.clock.now());
    const word = resource.name.replace(/\s+/g, ' ');
    const back = `/console/operator/resources/${id}`;
    const question = {
      title: text(`title.resource-${act}`),
      what: text(`act.resource-${act}-what`, { resource: word, connections }),
      word: act === 'remove' ? word : undefined,
      ends: true,
      action: `${back}/${act}`,
      submit: text(`act.resource-${act}`),
      back,
    };
    return { act, resource, question };
  }
}
