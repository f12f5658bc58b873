import type { Tool } from '../tool.js';
import { createProject } from './create-project.js';
import { deleteProject } from './delete-project.js';
import { getOrganization } from './get-organization.js';
import { getProject } from './get-project.js';
import { listProjects } from './list-projects.js';
import { renameProject } from './rename-project.js';
import { whoami } from './whoami.js';

/** Every tool there is, in the order a model reads them. */
export const TOOLS: readonly Tool[] = [
  whoami,
  getOrganization,
  listProjects,
  getProject,
  createProject,
  renameProject,
  deleteProject,
];
