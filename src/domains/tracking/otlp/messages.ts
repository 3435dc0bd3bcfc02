import type { Type } from 'protobufjs/light.js';
import { type Messages, messageType } from '../../../lib/protobuf.ts';

const MESSAGES: Messages = {
  ExportTraceServiceRequest: { resourceSpans: [1, '*ResourceSpans'] },
  ResourceSpans: { resource: [1, 'Resource'], scopeSpans: [2, '*ScopeSpans'] },
  Resource: { attributes: [1, '*KeyValue'] },
  ScopeSpans: { spans: [2, '*Span'] },
  Span: {
    traceId: [1, 'bytes'],
    spanId: [2, 'bytes'],
    parentSpanId: [4, 'bytes'],
    name: [5, 'string'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: [9, '*KeyValue'],
    events: [11, '*Event'],
    links: [13, '*Link'],
    status: [15, 'Status'],
  },
  Event: { timeUnixNano: [1, 'fixed64'], name: [2, 'string'], attributes: [3, '*KeyValue'] },
  Link: { traceId: [1, 'bytes'], spanId: [2, 'bytes'], attributes: [4, '*KeyValue'] },
  Status: { message: [2, 'string'], code: [3, 'int32'] },
  KeyValue: { key: [1, 'string'], value: [2, 'AnyValue'] },
  AnyValue: {
    stringValue: [1, 'string'],
    boolValue: [2, 'bool'],
    intValue: [3, 'int64'],
    doubleValue: [4, 'double'],
    arrayValue: [5, 'ArrayValue'],
    kvlistValue: [6, 'KeyValueList'],
    bytesValue: [7, 'bytes'],
  },
  ArrayValue: { values: [1, '*AnyValue'] },
  KeyValueList: { values: [1, '*KeyValue'] },
};

let made: Promise<Type> | undefined;

/** OpenTelemetry's `ExportTraceServiceRequest`. */
export function exportRequest(): Promise<Type> {
  made ??= messageType(MESSAGES, 'ExportTraceServiceRequest');
  return made;
}
