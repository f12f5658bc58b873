import { Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { AccessRequests } from '../database/repositories/access-requests.repository.js';
import { Organizations, type OwnOrganization } from '../database/repositories/organizations.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { Csrf } from '../http/csrf.js';
import { PageFailure } from '../http/page-failure.js';
import { StepUpFirst } from '../http/step-up-first.js';
import { Finding } from '../oauth/finding.js';
import { ADMINISTRATORS } from '../oauth/role.js';
import type { Shell } from './console.pages.js';
import { navigation, type OperatorTab, operatorTabs, type OrganizationTab, organizationTabs } from './navigation.js';

export interface Http {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What every console page has around it, and the organization it shows. */
@Injectable()
export class Shells {
  constructor(
    private readonly organizations: Organizations,
    private readonly access: AccessRequests,
    private readonly csrf: Csrf,
    private readonly clock: Clock,
  ) {}

  async make(
    current: Shell['current'],
    session: LiveSession,
    http: Http,
    tabs: Shell['tabs'] = [],
  ): Promise<{ shell: Shell; organization: OwnOrganization | undefined }> {
    const organization = await this.organizations.shownTo(session.userId, session.organizationId);
    const shell = {
      person: session.email,
      organization: organization?.name,
      current,
      csrf: this.csrf.token(http.request, http.reply),
      nav: navigation(current, session),
      tabs,
    };
    return { shell, organization };
  }

  /** Around a page of one organization. */
  async ofOrganization(
    tab: OrganizationTab,
    organization: OwnOrganization,
    session: LiveSession,
    http: Http,
  ): Promise<Shell> {
    const governs = ADMINISTRATORS.includes(organization.role);
    const waiting = governs ? await this.access.countOpen(organization.id, this.clock.now()) : 0;
    return (await this.make('organizations', session, http, organizationTabs(organization, tab, waiting))).shell;
  }

  /** Around a page of operators. */
  async ofOperator(tab: OperatorTab, session: LiveSession, http: Http): Promise<Shell> {
    return (await this.make('operator', session, http, operatorTabs(tab))).shell;
  }

  /**
   * One the person belongs to. Throws `NotFoundException`: somebody else's does not exist; `PageFailure` when it is
   * suspended: its pages rest; and `StepUpFirst` when it requires a second factor that this session did not prove.
   */
  async own(session: LiveSession, id: string): Promise<OwnOrganization> {
    const organization = await this.organizations.ownOf(session.userId, id);
    if (!organization) throw new NotFoundException();
    if (organization.suspendedAt)
      throw new PageFailure(403, 'error.suspended', new Finding('organization-stands', { organization: id }), {
        values: { organization: organization.name },
      });
    return proven(organization, session);
  }

  /** One the person governs, as owner or admin. Throws `NotFoundException`: to others there is no such page. */
  async governed(session: LiveSession, id: string): Promise<OwnOrganization> {
    const organization = await this.own(session, id);
    if (!ADMINISTRATORS.includes(organization.role)) throw new NotFoundException();
    return organization;
  }

  /** The organization the console shows, as the person stands in it now. Throws `StepUpFirst`. */
  async organizationOf(session: LiveSession): Promise<OwnOrganization | undefined> {
    const organization = await this.organizations.shownTo(session.userId, session.organizationId);
    return organization && proven(organization, session);
  }
}

function proven(organization: OwnOrganization, session: LiveSession): OwnOrganization {
  if (organization.requiresSecondFactor && !session.proven) throw new StepUpFirst(organization.id);
  return organization;
}
