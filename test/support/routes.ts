import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What a controller answers, as it was declared. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** Every route of every controller of the running application, so that a new one cannot be forgotten. */
export function routesOf(app: NestFastifyApplication): Route[] {
  const all = [...app.get(ModulesContainer).values()].flatMap(({ controllers }) => [...controllers.values()]);
  return all.flatMap(({ metatype }) => {
    const { prototype } = metatype as { prototype: Record<string, object> };
    return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
      const method = Reflect.getMetadata(METHOD_METADATA, prototype[name]!) as RequestMethod | undefined;
      if (method === undefined) return [];
      const paths = [Reflect.getMetadata(PATH_METADATA, prototype[name]!) as string | string[]].flat();
      const base = Reflect.getMetadata(PATH_METADATA, metatype as object) as string;
      return paths.map((path) => ({
        method: RequestMethod[method]!,
        path: `/${[base, path].flatMap((part) => part.split('/').filter(Boolean)).join('/')}`,
      }));
    });
  });
}

/** The route that answers this address: one without parameters before one with. */
export function routeOf(routes: readonly Route[], method: string, path: string): Route | undefined {
  const parameters = (route: Route) => route.path.split(':').length;
  return routes
    .filter((route) => route.method === method && matcher(route).test(path))
    .toSorted((a, b) => parameters(a) - parameters(b))[0];
}

const matcher = ({ path }: Route) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replace(/\*/g, '.*')}$`);
