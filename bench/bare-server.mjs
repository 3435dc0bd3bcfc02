// The peer of bench/gateway.ts: the least program that answers inference over HTTP with node:http and onnxruntime.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const session = await InferenceSession.create(readFileSync(process.argv[2]), {
  intraOpNumThreads: 1,
  executionMode: 'sequential',
});
createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', async () => {
    const [input] = JSON.parse(body).inputs;
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(input.data), input.shape) });
    const answer = JSON.stringify({
      model_name: 'm',
      id: '1',
      outputs: [{ name: 'y', shape: y.dims, datatype: 'FP32', data: Array.from(y.data) }],
    });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
}).listen(0, '127.0.0.1', function () {
  console.log(this.address().port);
});
