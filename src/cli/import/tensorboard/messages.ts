import type { Type } from 'protobufjs/light.js';
import { type Messages, messageType } from '../../../lib/protobuf.ts';

/** What is read of TensorFlow's events and of the messages of TensorBoard's hparams plugin. */
const MESSAGES: Messages = {
  Event: { wall_time: [1, 'double'], step: [2, 'int64'], summary: [5, 'Summary'] },
  Summary: { value: [1, '*Value'] },
  Value: {
    tag: [1, 'string'],
    simple_value: [2, 'float'],
    image: [4, 'bytes'],
    histo: [5, 'bytes'],
    audio: [6, 'bytes'],
    tensor: [8, 'Tensor'],
    metadata: [9, 'Metadata'],
  },
  Metadata: { plugin_data: [1, 'PluginData'] },
  PluginData: { plugin_name: [1, 'string'], content: [2, 'bytes'] },
  Tensor: {
    dtype: [1, 'int32'],
    tensor_content: [4, 'bytes'],
    float_val: [5, '*float'],
    double_val: [6, '*double'],
    int_val: [7, '*int32'],
    int64_val: [10, '*int64'],
    bool_val: [11, '*bool'],
  },
  Hparams: { start: [3, 'SessionStart'], end: [4, 'SessionEnd'] },
  SessionStart: { hparams: [1, '*Hparam'] },
  SessionEnd: { status: [1, 'int32'], end_time_secs: [2, 'double'] },
  Hparam: { key: [1, 'string'], value: [2, 'Loose'] },
  Loose: { number: [2, 'double'], string: [3, 'string'], bool: [4, 'bool'] },
};

export interface Tensor {
  dtype?: number;
  tensor_content?: Buffer;
  float_val?: number[];
  double_val?: number[];
  int_val?: number[];
  int64_val?: number[];
  bool_val?: boolean[];
}
export interface Value {
  tag?: string;
  simple_value?: number;
  image?: Buffer;
  histo?: Buffer;
  audio?: Buffer;
  tensor?: Tensor;
  metadata?: { plugin_data?: { plugin_name?: string; content?: Buffer } };
}
export interface Event {
  wall_time?: number;
  step?: number;
  summary?: { value?: Value[] };
}
export interface Hparams {
  start?: { hparams?: { key?: string; value?: { number?: number; string?: string; bool?: boolean } }[] };
  end?: { status?: number; end_time_secs?: number };
}

/** Functions that read one message each. */
export async function eventReaders() {
  const reader =
    <T>(type: Type) =>
    (bytes: Uint8Array) =>
      type.toObject(type.decode(bytes), { longs: Number, bytes: Buffer }) as T;
  return {
    event: reader<Event>(await messageType(MESSAGES, 'Event')),
    hparams: reader<Hparams>(await messageType(MESSAGES, 'Hparams')),
  };
}
