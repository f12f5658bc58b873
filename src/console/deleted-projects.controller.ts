import { Body, Controller, NotFoundException, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { DeletedProjects } from '../database/repositories/deleted-projects.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { seeOther } from '../http/see-other.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { displayName } from '../organizations/display-name.js';
import { type Text, text } from '../texts/text.js';
import { RESTORE_PROJECT_PAGE } from './console.pages.js';
import { fieldOf } from './field.js';
import { Id } from './id.js';
import { projectActor } from './project-actor.js';
import { Shells } from './shells.js';

/** A project that was deleted comes back: as it was, or by another name when somebody took its name meanwhile. */
@Controller('console/projects')
@UseGuards(SessionGuard)
export class DeletedProjectsController {
  constructor(
    private readonly shells: Shells,
    private readonly deleted: DeletedProjects,
    private readonly clock: Clock,
  ) {}

  /** `name`: another one, as the page asks for when the old one is taken. */
  @Post(':id/restore')
  @UseGuards(CsrfGuard)
  async restore(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const actor = projectActor(session, await this.shells.organizationOf(session));
    const render = async (newName: string, failure: Text, status: number) => {
      const { shell } = await this.shells.make('projects', session, { request, reply });
      const title = text('projects.restore-title');
      await renderPage(reply, RESTORE_PROJECT_PAGE, { title, shell, notice: undefined, id, newName, failure }, status);
    };
    const name = typed === undefined ? undefined : displayName(typed);
    if (typed !== undefined && name === undefined)
      return render(fieldOf(typed).slice(0, 100), text('form.name-rule'), 400);
    const restoration = await this.deleted.restore(actor, id, name, this.clock.now());
    if (!restoration) throw new NotFoundException();
    if (restoration.outcome === 'taken')
      return render(restoration.name, text('projects.restore-taken', { name: restoration.name }), 409);
    await seeOther(reply, '/console/projects?done=project-restored');
  }
}
