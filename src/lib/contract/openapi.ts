import { z } from 'zod';
import { type Contract, type Endpoint, methodsOf, pathsOf } from './endpoint.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the given contracts. Costs some milliseconds: build it when it is asked for. */
export function openapi(contracts: Contract[], info: { title: string; version: string }): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts) {
    for (const [name, definition] of Object.entries(contract)) {
      for (const path of pathsOf(definition)) {
        const key = path.replace(/:(\w+)/g, '{$1}').replace('*', '{path}');
        paths[key] ??= {};
        for (const method of methodsOf(definition))
          paths[key][method.toLowerCase()] = operation(name, definition);
      }
    }
  }
  return { openapi: '3.1.0', info, paths };
}

function operation(name: string, definition: Endpoint): Json {
  const result: Json = {
    operationId: name,
    summary: definition.summary,
    'x-needs': definition.needs,
    parameters: [...parameters(definition.params, 'path'), ...parameters(definition.query, 'query')],
    responses: {
      [definition.status ?? 200]: {
        description: definition.kind === 'file' ? 'the bytes' : 'done',
        ...(definition.kind === 'file'
          ? {}
          : { content: { 'application/json': { schema: jsonSchema(definition.response, 'output') } } }),
      },
    },
  };
  if (definition.body) {
    result.requestBody = {
      required: true,
      content: { 'application/json': { schema: jsonSchema(definition.body, 'input') } },
    };
  }
  return result;
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, value]) => ({
    name: name === '*' ? 'path' : name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: value,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}
