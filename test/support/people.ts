import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Passwords } from '../../src/accounts/passwords.js';
import { Organizations } from '../../src/database/repositories/organizations.repository.js';
import { Users } from '../../src/database/repositories/users.repository.js';
import type { Role } from '../../src/oauth/role.js';

export const PASSWORD = 'correct horse battery staple';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly organizationId: string;
}

/** Somebody with an account and an organization; `organizationId` null: with none. */
export async function addPerson(
  app: NestFastifyApplication,
  email: string,
  { organization = 'Acme', role = 'owner' as Role, into = undefined as string | undefined, none = false } = {},
): Promise<Person> {
  const at = new Date();
  const passwordHash = await app.get(Passwords, { strict: false }).hash(PASSWORD);
  const user = await app
    .get(Users, { strict: false })
    .create({ email, name: email.split('@', 1)[0]!, passwordHash, operator: false }, at);
  const organizations = app.get(Organizations, { strict: false });
  if (none) return { id: user.id, email, password: PASSWORD, organizationId: '' };
  if (into) {
    await organizations.addMember(into, user.id, role, at);
    return { id: user.id, email, password: PASSWORD, organizationId: into };
  }
  const { id } = await organizations.create(organization, user.id, at);
  return { id: user.id, email, password: PASSWORD, organizationId: id };
}
