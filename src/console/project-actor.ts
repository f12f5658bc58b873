import { NotFoundException } from '@nestjs/common';
import type { OwnOrganization } from '../database/repositories/organizations.repository.js';
import type { Actor } from '../database/repositories/projects.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { ADMINISTRATORS } from '../oauth/role.js';

/** Who changes projects of the organization the console shows; somebody who may not is told there is nothing. */
export function projectActor({ userId }: LiveSession, organization: OwnOrganization | undefined): Actor {
  if (!mayChange(organization)) throw new NotFoundException();
  return { userId, organizationId: organization.id };
}

export function mayChange(organization: OwnOrganization | undefined): organization is OwnOrganization {
  return organization !== undefined && ADMINISTRATORS.includes(organization.role);
}
