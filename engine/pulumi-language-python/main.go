// Command pulumi-language-python is a small Pulumi language host for Python.
//
// Pulumi's own host comes with its official download and cannot be fetched as a Go module, so engine builds made from
// modules use this one. It runs programs (LanguageRuntime.Run), policy packs and providers (LanguageRuntime.RunPlugin),
// and installs what they need; what it does not do it refuses by name. The engine starts it with the engine's address as argument, and reads the port of
// its gRPC service from the first line of its output.
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
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// exitCodeReported is how pulumi-language-python-exec says that it has shown the error to the user already.
const exitCodeReported = 32

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve answers the engine until the engine interrupts the host or is gone. Programs and packs that still run then end
// with their call, whose context the closed connection cancels.
func serve() error {
	// The engine may pass -logtostderr and -v, which the SDK's logging defines, and -tracing.
	flag.String("tracing", "", "accepted, but this host sends no traces")
	flag.Parse()
	host := &languageHost{engineAddress: flag.Arg(0)}

	executable, err := os.Executable()
	if err != nil {
		return err
	}
	host.programRunner = executable + "-exec"

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

// languageHost implements the part of Pulumi's LanguageRuntime service that programs, policy packs and providers need.
type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string // where programs send their log messages
	programRunner string // path of pulumi-language-python-exec, which lies beside the host
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

// GetRequiredPackages names no packages: dynamic providers need none, and the engine fetches others when a resource
// of theirs is registered.
func (host *languageHost) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// whichPython prints where the interpreter is, and its version.
const whichPython = "import sys; print(sys.executable); print(sys.version.split()[0])"

// About tells which Python the program runs on: `pulumi about`, and each preview and update, which notes it. The
// toolchain's own About starts pip too, for a version that the answer has no place for, and takes four times as long.
func (host *languageHost) About(
	ctx context.Context, request *pulumirpc.AboutRequest,
) (*pulumirpc.AboutResponse, error) {
	python, err := pythonOf(ctx, request.Info)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", whichPython)
	if err != nil {
		return nil, err
	}
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("asking Python for its version: %w", err)
	}
	executable, pythonVersion, _ := strings.Cut(strings.TrimSpace(string(printed)), "\n")
	return &pulumirpc.AboutResponse{
		Executable: strings.TrimSpace(executable), Version: strings.TrimSpace(pythonVersion),
	}, nil
}

// GetProgramDependencies lists the Python packages of the program's environment.
func (host *languageHost) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	python, err := pythonOf(ctx, request.Info)
	if err != nil {
		return nil, err
	}
	packages, err := python.ListPackages(ctx, request.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, each := range packages {
		dependency := &pulumirpc.DependencyInfo{Name: each.Name, Version: each.Version}
		response.Dependencies = append(response.Dependencies, dependency)
	}
	return response, nil
}

// Run executes a Pulumi program and waits for its end.
func (host *languageHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if request.AttachDebugger {
		return nil, errors.New("this language host cannot attach a debugger; install Pulumi's official release for that")
	}
	python, err := pythonOf(ctx, request.Info)
	if err != nil {
		return nil, err
	}
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
	arguments := []string{
		"-u", host.programRunner,
		"--monitor", request.MonitorAddress,
		"--engine", host.engineAddress,
		"--project", request.Project,
		"--stack", request.Stack,
		"--organization", request.Organization,
		"--pwd", request.Pwd,
		"--root_directory", request.Info.RootDirectory,
		"--dry_run", strconv.FormatBool(request.DryRun),
		"--parallel", strconv.Itoa(int(request.Parallel)),
		filepath.Join(request.Info.ProgramDirectory, request.Info.EntryPoint),
	}
	command, err := python.Command(ctx, append(arguments, request.Args...)...)
	if err != nil {
		return nil, err
	}
	command.Env = append(command.Environ(),
		"PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr

	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("starting the Python program: %w", err)
	case exit.ExitCode() == exitCodeReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default: // in the words of Pulumi's own host, which people know and search for
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
}

// InstallDependencies makes the virtual environment of a program or plugin, and installs its requirements there.
func (host *languageHost) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	options, err := pythonOptions(request.Info)
	if err != nil {
		return err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.IsTerminal)
	if err != nil {
		return err
	}
	defer closer.Close()
	return python.InstallDependencies(stream.Context(), request.Info.ProgramDirectory, request.UseLanguageVersionTools,
		true /*showOutput*/, stdout, stderr)
}

// RunPlugin runs a policy pack, or a provider that is a Python program, until the engine closes the stream, and passes
// on what it prints: the engine reads the port of the plugin's gRPC service there.
func (host *languageHost) RunPlugin(
	request *pulumirpc.RunPluginRequest, stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	ctx := stream.Context()
	var start func(python toolchain.Toolchain) (*exec.Cmd, error)
	switch request.Kind {
	case "analyzer":
		start = func(python toolchain.Toolchain) (*exec.Cmd, error) {
			return python.ModuleCommand(ctx, "pulumi.policy", append(request.Args, request.Info.ProgramDirectory)...)
		}
	case "resource":
		start = func(python toolchain.Toolchain) (*exec.Cmd, error) {
			return python.Command(ctx, append([]string{request.Info.ProgramDirectory}, request.Args...)...)
		}
	default:
		return fmt.Errorf("this language host runs policy packs and providers, not plugins of the kind %q", request.Kind)
	}
	python, err := pythonOf(ctx, request.Info)
	if err != nil {
		return err
	}
	command, err := start(python)
	if err != nil {
		return err
	}
	virtualenv, err := python.VirtualEnvPath(ctx)
	if err != nil {
		return err
	}
	command.Env = request.Env
	if virtualenv != "" {
		command.Env = toolchain.ActivateVirtualEnv(request.Env, virtualenv)
	}
	command.Env = append(command.Env, "PYTHONUNBUFFERED=1")
	command.Dir = request.Info.ProgramDirectory
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(&lockedStream{ServerStreamingServer: stream}, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	command.Stdout, command.Stderr = stdout, stderr

	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("starting the plugin: %w", err)
	}
	return stream.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(command.ProcessState.ExitCode())},
	})
}

// lockedStream lets the plugin's two outputs be sent at once; a bare gRPC stream allows one sender at a time.
type lockedStream struct {
	grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]
	mutex sync.Mutex
}

// Send passes one message on.
func (stream *lockedStream) Send(response *pulumirpc.RunPluginResponse) error {
	stream.mutex.Lock()
	defer stream.mutex.Unlock()
	return stream.ServerStreamingServer.Send(response)
}

// pythonOf finds the Python that runs a program or plugin.
func pythonOf(ctx context.Context, program *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options, err := pythonOptions(program)
	if err != nil {
		return nil, err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return nil, err
	}
	return python, python.ValidateVenv(ctx)
}

// pythonOptions reads the options of a runtime: the virtual environment that they name (relative to Pulumi.yaml,
// PulumiPolicy.yaml or PulumiPlugin.yaml), else what the toolchain finds.
func pythonOptions(program *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	options := toolchain.PythonOptions{Root: program.RootDirectory, ProgramDir: program.ProgramDirectory}
	for name, value := range program.Options.AsMap() {
		switch text := fmt.Sprint(value); {
		case name == "virtualenv":
			options.Virtualenv = text
		case name == "toolchain" && text == "pip":
			options.Toolchain = toolchain.Pip
		case name == "toolchain" && text == "uv":
			options.Toolchain = toolchain.Uv
		case name == "toolchain" && text == "poetry":
			options.Toolchain = toolchain.Poetry
		default:
			return options, fmt.Errorf("%s: runtime option %s: %s is not known to this language host",
				program.RootDirectory, name, text)
		}
	}
	return options, nil
}
