// Package stockclient calls the server through stubs that protoc-gen-go and protoc-gen-go-grpc made
// from protos/. SERVER_GRPC is the server's address, as host:port.
package stockclient

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"stockclient/inference"
)

const callLimit = 20 * time.Second

func connect(t *testing.T, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	connection, err := grpc.Dial(os.Getenv("SERVER_GRPC"), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

func newClient(t *testing.T, options ...grpc.DialOption) inference.GRPCInferenceServiceClient {
	t.Helper()
	return inference.NewGRPCInferenceServiceClient(connect(t, options...))
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	t.Cleanup(cancel)
	return ctx
}

type tensor = inference.ModelInferRequest_InferInputTensor

func littleEndian(t *testing.T, values any) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := binary.Write(&buffer, binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func int32s(t *testing.T, raw []byte) []int32 {
	t.Helper()
	values := make([]int32, len(raw)/4)
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	return values
}

// addSub asks for the sum and difference of a ramp and a constant.
func addSub(t *testing.T, first, constant int32) (*inference.ModelInferRequest, [][]int32) {
	t.Helper()
	var a, b [16]int32
	sum, difference := make([]int32, 16), make([]int32, 16)
	for i := range a {
		a[i], b[i] = first+int32(i), constant
		sum[i], difference[i] = a[i]+constant, a[i]-constant
	}
	return &inference.ModelInferRequest{
		ModelName: "add_sub",
		Inputs: []*tensor{
			{Name: "INPUT0", Datatype: "INT32", Shape: []int64{1, 16}},
			{Name: "INPUT1", Datatype: "INT32", Shape: []int64{1, 16}},
		},
		RawInputContents: [][]byte{littleEndian(t, a), littleEndian(t, b)},
	}, [][]int32{sum, difference}
}

func checkAddSub(t *testing.T, response *inference.ModelInferResponse, want [][]int32) {
	t.Helper()
	if len(response.Outputs) != 2 || len(response.RawOutputContents) != 2 {
		t.Fatalf("two outputs are due: %v", response)
	}
	for i, raw := range response.RawOutputContents {
		if got := int32s(t, raw); fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("%s is %v, want %v", response.Outputs[i].Name, got, want[i])
		}
	}
}

func moody(t *testing.T, value float32) *inference.ModelInferRequest {
	t.Helper()
	return &inference.ModelInferRequest{
		ModelName:        "moody",
		Id:               fmt.Sprint(value),
		Inputs:           []*tensor{{Name: "INPUT0", Datatype: "FP32", Shape: []int64{1, 1}}},
		RawInputContents: [][]byte{littleEndian(t, value)},
	}
}

func repeat(count int32) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{
		ModelName: "repeat",
		Id:        fmt.Sprint(count),
		Inputs: []*tensor{{
			Name: "N", Datatype: "INT32", Shape: []int64{1},
			Contents: &inference.InferTensorContents{IntContents: []int32{count}},
		}},
	}
}

func checkStatus(t *testing.T, err error, code codes.Code, text string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(status.Convert(err).Message(), text) {
		t.Errorf("got %v, want %v with %q", err, code, text)
	}
}

func TestHealth(t *testing.T) {
	client, ctx := newClient(t), limited(t)
	live, err := client.ServerLive(ctx, &inference.ServerLiveRequest{})
	if err != nil || !live.Live {
		t.Errorf("not live: %v %v", live, err)
	}
	ready, err := client.ServerReady(ctx, &inference.ServerReadyRequest{})
	if err != nil || !ready.Ready {
		t.Errorf("not ready: %v %v", ready, err)
	}
	model, err := client.ModelReady(ctx, &inference.ModelReadyRequest{Name: "add_sub", Version: "1"})
	if err != nil || !model.Ready {
		t.Errorf("add_sub is not ready: %v %v", model, err)
	}
}

func TestHealthService(t *testing.T) {
	client := grpc_health_v1.NewHealthClient(connect(t))
	answer, err := client.Check(limited(t), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("got %v %v", answer, err)
	}
}

func TestMetadata(t *testing.T) {
	client, ctx := newClient(t), limited(t)
	server, err := client.ServerMetadata(ctx, &inference.ServerMetadataRequest{})
	if err != nil || server.Name == "" || server.Version == "" || len(server.Extensions) == 0 {
		t.Errorf("server metadata: %v %v", server, err)
	}
	model, err := client.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: "add_sub"})
	if err != nil {
		t.Fatal(err)
	}
	if len(model.Inputs) != 2 || fmt.Sprint(model.Inputs[0].Shape) != "[-1 16]" {
		t.Errorf("model metadata: %v", model)
	}
	answer, err := client.ModelConfig(ctx, &inference.ModelConfigRequest{Name: "add_sub"})
	if err != nil {
		t.Fatal(err)
	}
	config := answer.Config
	if config.MaxBatchSize != 8 || config.Input[0].DataType != inference.DataType_TYPE_INT32 {
		t.Errorf("model config: %v", config)
	}
}

func TestInferRawContents(t *testing.T) {
	request, want := addSub(t, 5, 3)
	request.Id = "one"
	response, err := newClient(t).ModelInfer(limited(t), request)
	if err != nil {
		t.Fatal(err)
	}
	if response.Id != "one" || response.ModelName != "add_sub" || response.ModelVersion != "1" {
		t.Errorf("got %v", response)
	}
	checkAddSub(t, response, want)
}

func TestInferTypedContents(t *testing.T) {
	request, want := addSub(t, 0, -7)
	for i, raw := range request.RawInputContents {
		contents := &inference.InferTensorContents{IntContents: int32s(t, raw)}
		request.Inputs[i].Contents = contents
	}
	request.RawInputContents = nil
	response, err := newClient(t).ModelInfer(limited(t), request)
	if err != nil {
		t.Fatal(err)
	}
	checkAddSub(t, response, want)
}

func TestInferBytes(t *testing.T) {
	words := [][]byte{[]byte("plain"), {}, {0xff, 0x00, 0x01}}
	var want bytes.Buffer
	for _, word := range words {
		want.Write(littleEndian(t, uint32(len(word))))
		want.Write(word)
	}
	response, err := newClient(t).ModelInfer(limited(t), &inference.ModelInferRequest{
		ModelName: "identity_bytes",
		Inputs: []*tensor{{
			Name: "INPUT0", Datatype: "BYTES", Shape: []int64{1, 3},
			Contents: &inference.InferTensorContents{BytesContents: words},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := response.RawOutputContents[0]; !bytes.Equal(got, want.Bytes()) {
		t.Errorf("got %v, want %v", got, want.Bytes())
	}
}

func TestInferLargeTensor(t *testing.T) {
	const count = 4 << 20
	raw := make([]byte, 4*count)
	for i := range raw {
		raw[i] = byte(i % 251)
	}
	client := newClient(t, grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32<<20)))
	response, err := client.ModelInfer(limited(t), &inference.ModelInferRequest{
		ModelName:        "identity_uint32",
		Inputs:           []*tensor{{Name: "INPUT0", Datatype: "UINT32", Shape: []int64{count}}},
		RawInputContents: [][]byte{raw},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(response.RawOutputContents[0], raw) {
		t.Error("the tensor came back changed")
	}
}

func TestCompressedCall(t *testing.T) {
	request, want := addSub(t, 1, 1)
	response, err := newClient(t).ModelInfer(limited(t), request, grpc.UseCompressor(gzip.Name))
	if err != nil {
		t.Fatal(err)
	}
	checkAddSub(t, response, want)
}

func TestConcurrentCalls(t *testing.T) {
	client, ctx := newClient(t), limited(t)
	var running sync.WaitGroup
	for i := int32(0); i < 64; i++ {
		request, want := addSub(t, i, 1000*i)
		running.Add(1)
		go func() {
			defer running.Done()
			response, err := client.ModelInfer(ctx, request)
			if err != nil {
				t.Error(err)
				return
			}
			for k, raw := range response.RawOutputContents {
				if !bytes.Equal(raw, littleEndian(t, want[k])) {
					t.Errorf("got %v, want %v", raw, want[k])
				}
			}
		}()
	}
	running.Wait()
}

func TestStream(t *testing.T) {
	stream, err := newClient(t).ModelStreamInfer(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	counts := []int32{4, 2, 3}
	for _, count := range counts {
		if err := stream.Send(repeat(count)); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	got := map[string][]int32{}
	for _, each := range receiveAll(t, stream) {
		answer := each.InferResponse
		got[answer.Id] = append(got[answer.Id], int32s(t, answer.RawOutputContents[0])...)
	}
	if fmt.Sprint(got) != "map[2:[0 1] 3:[0 1 2] 4:[0 1 2 3]]" {
		t.Errorf("got %v", got)
	}
}

func TestStreamEndsWithAnEmptyFinalResponseWhenAsked(t *testing.T) {
	stream, err := newClient(t).ModelStreamInfer(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	request := repeat(2)
	request.Parameters = map[string]*inference.InferParameter{
		"triton_enable_empty_final_response": {
			ParameterChoice: &inference.InferParameter_BoolParam{BoolParam: true},
		},
	}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	answers := receiveAll(t, stream)
	if len(answers) != 3 {
		t.Fatalf("got %v", answers)
	}
	for i, each := range answers {
		final := each.InferResponse.Parameters["triton_final_response"].GetBoolParam()
		empty := len(each.InferResponse.Outputs) == 0
		if final != (i == 2) || empty != (i == 2) {
			t.Errorf("response %d is %v", i, each)
		}
	}
}

func TestStreamOutlivesARefusedRequest(t *testing.T) {
	stream, err := newClient(t).ModelStreamInfer(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []float32{-1, 5} {
		if err := stream.Send(moody(t, value)); err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if refused := strings.Contains(answer.ErrorMessage, "model says no"); refused != (value < 0) {
			t.Errorf("the answer to %v is %v", value, answer)
		}
	}
}

type inferStream = inference.GRPCInferenceService_ModelStreamInferClient

func receiveAll(t *testing.T, stream inferStream) []*inference.ModelStreamInferResponse {
	t.Helper()
	var answers []*inference.ModelStreamInferResponse
	for {
		answer, err := stream.Recv()
		if err != nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return answers
		}
		if answer.ErrorMessage != "" {
			t.Fatal(answer.ErrorMessage)
		}
		answers = append(answers, answer)
	}
}

func TestErrorCodes(t *testing.T) {
	client, ctx := newClient(t), limited(t)
	infer := func(request *inference.ModelInferRequest) error {
		_, err := client.ModelInfer(ctx, request)
		return err
	}
	unknown, _ := addSub(t, 0, 0)
	unknown.ModelName = "nope"
	checkStatus(t, infer(unknown), codes.NotFound, "'nope' is not found")
	narrow, _ := addSub(t, 0, 0)
	narrow.Inputs[0].Shape = []int64{1, 8}
	checkStatus(t, infer(narrow), codes.InvalidArgument, "INPUT0")
	checkStatus(t, infer(moody(t, -1)), codes.Unavailable, "model says no")
	checkStatus(t, infer(moody(t, -2)), codes.Internal, "boom")
	checkStatus(t, infer(repeat(1)), codes.Unimplemented, "decoupled")
}

func TestDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := newClient(t).ModelInfer(ctx, &inference.ModelInferRequest{
		ModelName:        "slow",
		Inputs:           []*tensor{{Name: "INPUT0", Datatype: "FP32", Shape: []int64{1, 16}}},
		RawInputContents: [][]byte{make([]byte, 64)},
	})
	checkStatus(t, err, codes.DeadlineExceeded, "")
}
