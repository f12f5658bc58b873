import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import {
  type ConnectionChoice,
  OrganizationConnections,
} from '../../database/repositories/organization-connections.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { isUuid } from '../../http/uuid.js';
import { type Text, text } from '../../texts/text.js';
import { endedQuery } from '../ended.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { END_CONNECTIONS_PAGE } from './organization-connections.pages.js';

type Asked = Readonly<Record<string, unknown>>;

/**
 * Connections of an organization are ended: one, those of a tool or of a person, those that call themselves alike, or
 * all.
 */
@Controller('console/organizations/:id/connections/end')
@UseGuards(SessionGuard)
export class EndConnectionsController {
  constructor(
    private readonly shells: Shells,
    private readonly connections: OrganizationConnections,
    private readonly clock: Clock,
  ) {}

  @Get()
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderEnd(session, await this.shells.governed(session, id), asked, request, reply);
  }

  /** More than one is confirmed by typing the organization's name. */
  @Post()
  @UseGuards(CsrfGuard)
  async end(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Body('name') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const chosen = choiceOf(asked);
    if (!chosen.grantId && fieldOf(typed).trim() !== organization.name)
      return this.renderEnd(session, organization, asked, request, reply, text('ai.end-wrong'));
    const ended = await this.connections.end(id, chosen, session.userId, this.clock.now());
    if (ended === 0 && chosen.grantId) throw new NotFoundException();
    await seeOther(reply, `/console/organizations/${id}/connections?${endedQuery(ended, this.clock.now())}`);
  }

  private async renderEnd(
    session: LiveSession,
    organization: OwnOrganization,
    asked: Asked,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { id, name } = organization;
    const chosen = choiceOf(asked);
    const count = await this.connections.count(id, chosen, this.clock.now());
    if (count === 0) throw new NotFoundException();
    const shell = await this.shells.ofOrganization('connections', organization, session, { request, reply });
    const back = `/console/organizations/${id}/connections`;
    const query = new URLSearchParams(
      Object.entries(asked).filter((one): one is [string, string] => typeof one[1] === 'string'),
    );
    await renderPage(
      reply,
      END_CONNECTIONS_PAGE,
      {
        title: text('ai.end-title'),
        shell,
        notice: undefined,
        failure,
        organization: name,
        count,
        called: chosen.called,
        typed: !chosen.grantId,
        action: `${back}/end?${query}`,
        back,
      },
      failure ? 400 : 200,
    );
  }
}

/** Exactly one kind; anything else is nothing that is there. */
function choiceOf({ connection, tool, person, called, everything }: Asked): ConnectionChoice {
  const given = [connection, tool, person, called, everything].filter((one) => one !== undefined);
  if (given.length !== 1) throw new NotFoundException();
  if (everything !== undefined) return {};
  if (called !== undefined) return { called: fieldOf(called) };
  if (!isUuid(given[0])) throw new NotFoundException();
  if (connection !== undefined) return { grantId: fieldOf(connection) };
  return tool !== undefined ? { clientKey: fieldOf(tool) } : { userId: fieldOf(person) };
}
