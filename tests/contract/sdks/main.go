// Command sdks holds two small Pulumi language hosts, for TypeScript and for Go.
//
// Pulumi's own hosts come with its official download and cannot be fetched as Go modules, so tests on an engine built
// from modules use these. They generate SDKs (LanguageRuntime.GeneratePackage) with Pulumi's own generators, and run
// programs (LanguageRuntime.Run). The host is chosen by the name that it is started under: pulumi-language-nodejs or
// pulumi-language-go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	nodegen "github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func main() {
	name := filepath.Base(os.Args[0])
	if err := serve(strings.TrimPrefix(name, "pulumi-language-")); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

// serve answers the engine until the engine interrupts the host or is gone.
func serve(language string) error {
	flag.String("tracing", "", "accepted, but this host sends no traces")
	flag.String("root", "", "accepted; the engine passes it in each request too")
	flag.Parse()
	host := &languageHost{language: language, engineAddress: flag.Arg(0)}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if host.engineAddress != "" {
		if err := rpcutil.Healthcheck(ctx, host.engineAddress, time.Minute, stop); err != nil {
			return fmt.Errorf("watching the engine at %s: %w", host.engineAddress, err)
		}
	}
	finished := make(chan bool)
	context.AfterFunc(ctx, func() { close(finished) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: finished,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

// languageHost implements the part of Pulumi's LanguageRuntime service that SDKs and programs need.
type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	language      string // nodejs or go
	engineAddress string
}

// Handshake is called by an engine that attaches to a running host, instead of the address on the command line.
func (host *languageHost) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	host.engineAddress = request.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo answers with the version of the SDK that the host is built from.
func (host *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names no packages: the engine finds a plugin when a resource of it is registered.
func (host *languageHost) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GeneratePackage writes the SDK of a package.
func (host *languageHost) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewCachedLoader(loader), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	var files map[string][]byte
	switch host.language {
	case "go":
		files, err = gogen.GeneratePackage("pulumi-language-go", pkg, request.LocalDependencies)
	default:
		files, err = nodegen.GeneratePackage("pulumi-language-nodejs", pkg, request.ExtraFiles,
			request.LocalDependencies, request.Local, schema.NewCachedLoader(loader))
	}
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		path := filepath.Join(request.Directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.GeneratePackageResponse{}, nil
}

// Run executes a Pulumi program and waits for its end.
func (host *languageHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	values := map[string]string{} // without configuration the program wants an empty object, not null
	maps.Copy(values, request.Config)
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, request.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "go", "run", ".")
	directory := request.Info.ProgramDirectory
	if host.language == "nodejs" {
		command = exec.CommandContext(ctx, "node", filepath.Join(directory, "node_modules/@pulumi/pulumi/cmd/run"),
			"--monitor", request.MonitorAddress,
			"--engine", host.engineAddress,
			"--organization", request.Organization,
			"--project", request.Project,
			"--stack", request.Stack,
			"--pwd", directory,
			"--dry-run="+strconv.FormatBool(request.DryRun),
			"--parallel", strconv.Itoa(int(request.Parallel)),
			filepath.Join(directory, request.Info.EntryPoint))
	}
	command.Dir, command.Stdout, command.Stderr = directory, os.Stdout, os.Stderr
	command.Env = append(command.Environ(),
		"PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys),
		"PULUMI_ORGANIZATION="+request.Organization, "PULUMI_PROJECT="+request.Project, "PULUMI_STACK="+request.Stack,
		"PULUMI_DRY_RUN="+strconv.FormatBool(request.DryRun), "PULUMI_PARALLEL="+strconv.Itoa(int(request.Parallel)),
		"PULUMI_MONITOR="+request.MonitorAddress, "PULUMI_ENGINE="+host.engineAddress,
		"PULUMI_ROOT_DIRECTORY="+request.Info.RootDirectory)

	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("starting the program: %w", err)
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
}
