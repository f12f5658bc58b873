import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import type { Project } from '../database/entities/project.entity.js';
import { DeletedProjects, RESTORABLE_DAYS } from '../database/repositories/deleted-projects.repository.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import { type Actor, Projects } from '../database/repositories/projects.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { seeOther } from '../http/see-other.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { displayName } from '../organizations/display-name.js';
import { DELETE_PROJECT_PAGE, PROJECTS_PAGE } from './console.pages.js';
import { fieldOf, searchOf } from './field.js';
import { moment } from '../http/moment.js';
import { type Text, text } from '../texts/text.js';
import { Id } from './id.js';
import { noticeOf } from './notices.js';
import { cursor, nextPage, positionOf } from '../http/position.js';
import { mayChange, projectActor } from './project-actor.js';
import { Shells } from './shells.js';

const PAGE = 50;
const HERE = '/console/projects';
const NAME_RULE = text('form.name-rule');

interface Shown {
  readonly search?: string;
  readonly after?: Position | undefined;
  /** Where the page before ended, of those that were deleted. */
  readonly deletedAfter?: Position | undefined;
  readonly notice?: Text | undefined;
  readonly failure?: Text;
  readonly newName?: string;
}

/** The projects of the organization the console shows, and those deleted of late for whoever may restore them. */
@Controller('console/projects')
@UseGuards(SessionGuard)
export class ProjectsController {
  constructor(
    private readonly shells: Shells,
    private readonly projects: Projects,
    private readonly deleted: DeletedProjects,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() { q, after, deleted, done }: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const search = searchOf(q);
    const shown = { search, after: positionOf(after), deletedAfter: positionOf(deleted), notice: noticeOf(done) };
    await this.render(session, request, reply, shown);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async create(
    @CurrentSession() session: LiveSession,
    @Body('name') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const actor = await this.actor(session);
    const name = displayName(value);
    if (name === undefined)
      return this.render(session, request, reply, { failure: NAME_RULE, newName: fieldOf(value).slice(0, 100) });
    await this.projects.create(actor, name, this.clock.now());
    await seeOther(reply, '/console/projects?done=project-created');
  }

  @Post(':id/rename')
  @UseGuards(CsrfGuard)
  async rename(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const actor = await this.actor(session);
    const name = displayName(value);
    if (name === undefined) return this.render(session, request, reply, { failure: NAME_RULE });
    if (!(await this.projects.rename(actor, id, name, this.clock.now()))) throw new NotFoundException();
    await seeOther(reply, '/console/projects?done=project-renamed');
  }

  @Get(':id/delete')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderDelete(await this.project(session, id), session, request, reply);
  }

  /** Confirmed by typing the name. */
  @Post(':id/delete')
  @UseGuards(CsrfGuard)
  async delete(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const project = await this.project(session, id);
    if (typed !== project.name)
      return this.renderDelete(project, session, request, reply, text('projects.delete-wrong'));
    await this.projects.delete(await this.actor(session), id, this.clock.now());
    await seeOther(reply, '/console/projects?done=project-deleted');
  }

  private async actor(session: LiveSession): Promise<Actor> {
    return projectActor(session, await this.shells.organizationOf(session));
  }

  private async project(session: LiveSession, id: string): Promise<Project> {
    const { organizationId } = await this.actor(session);
    const project = await this.projects.find(organizationId, id);
    if (!project) throw new NotFoundException();
    return project;
  }

  private async render(
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    { search = '', after, deletedAfter, notice, failure, newName = '' }: Shown,
  ): Promise<void> {
    const organization = await this.shells.organizationOf(session);
    const { shell } = await this.shells.make('projects', session, { request, reply });
    const now = this.clock.now();
    const found = organization ? await this.projects.list(organization.id, PAGE + 1, after, search) : [];
    const gone = mayChange(organization)
      ? await this.deleted.list(organization.id, { limit: PAGE + 1, after: deletedAfter, at: now })
      : [];
    const model = {
      title: text('nav.projects'),
      shell,
      notice,
      organization: organization?.name,
      mayChange: mayChange(organization),
      search,
      searchable: search !== '' || after !== undefined || found.length > PAGE,
      projects: found.slice(0, PAGE).map(({ id, name, createdAt }) => ({ id, name, since: moment(createdAt, now) })),
      more: nextPage(HERE, { q: search, ...cursor('deleted', deletedAfter) }, found, PAGE),
      deleted: gone
        .slice(0, PAGE)
        .map(({ id, name, email, deletedAt }) => ({ id, name, email, since: moment(deletedAt, now) })),
      moreDeleted: nextPage(HERE, { q: search, ...cursor('after', after) }, gone, PAGE, 'deleted'),
      first: after || deletedAfter ? HERE : undefined,
      days: RESTORABLE_DAYS,
      newName,
      failure,
    };
    await renderPage(reply, PROJECTS_PAGE, model, failure ? 400 : 200);
  }

  private async renderDelete(
    { id, name }: Project,
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { shell } = await this.shells.make('projects', session, { request, reply });
    await renderPage(
      reply,
      DELETE_PROJECT_PAGE,
      {
        title: text('projects.delete-title'),
        shell,
        notice: undefined,
        project: { id, name },
        days: RESTORABLE_DAYS,
        failure,
      },
      failure ? 400 : 200,
    );
  }
}
