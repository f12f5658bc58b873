import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { Passwords } from '../../src/accounts/passwords.js';
import { makeDataSource } from '../../src/database/data-source.js';
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

interface PersonOptions {
  /** Name of the organization made for them. */
  readonly organization?: string;
  /** What they are in it, when it is another's. */
  readonly role?: Role;
  /** Id of an organization that is there already. */
  readonly into?: string;
  /** Belongs to no organization. */
  readonly none?: boolean;
}

/** Somebody with an account and an organization, in the database of this application. */
export function addPerson(app: NestFastifyApplication, email: string, options?: PersonOptions): Promise<Person> {
  return addPersonTo(app.get(DataSource, { strict: false }), email, options);
}

/** The same, in a database that other processes serve. */
export async function addPersonAt(databaseUrl: string, email: string, options?: PersonOptions): Promise<Person> {
  const dataSource = await makeDataSource({ url: databaseUrl, pool: 2 }).initialize();
  return addPersonTo(dataSource, email, options).finally(() => dataSource.destroy());
}

async function addPersonTo(
  dataSource: DataSource,
  email: string,
  { organization = 'Acme', role = 'owner', into, none = false }: PersonOptions = {},
): Promise<Person> {
  const at = new Date();
  const [users, organizations] = [new Users(dataSource), new Organizations(dataSource)];
  const passwordHash = await new Passwords().hash(PASSWORD);
  const { id } = await users.create({ email, name: email.split('@', 1)[0]!, passwordHash, operator: false }, at);
  if (none) return { id, email, password: PASSWORD, organizationId: '' };
  if (into) await organizations.addMember(into, id, role, at);
  return {
    id,
    email,
    password: PASSWORD,
    organizationId: into ?? (await organizations.create(organization, id, at)).id,
  };
}
