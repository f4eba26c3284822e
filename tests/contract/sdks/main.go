// Command sdks is a small Pulumi language host for the language in its name: pulumi-language-nodejs (TypeScript),
// pulumi-language-go or pulumi-language-python.
//
// Pulumi's own hosts come with its official download and cannot be fetched as Go modules, so tests on an engine built
// from modules use this one. It generates SDKs (LanguageRuntime.GeneratePackage) with Pulumi's own generators. It runs
// programs in TypeScript and Go, whose dependencies are installed already (LanguageRuntime.Run).
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	nodegen "github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	pythongen "github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitCodeReported is how a Node.js program says that it has shown the error to the user already.
const exitCodeReported = 32

// languages has what differs between the languages, by the name of the executable.
var languages = map[string]language{
	"pulumi-language-nodejs": {generate: generateTypeScript, command: typeScriptProgram},
	"pulumi-language-go":     {generate: generateGo, command: goProgram},
	"pulumi-language-python": {generate: generatePython},
}

// language is what differs between the languages.
type language struct {
	// generate returns the files of the SDK of a package.
	generate func(*pulumirpc.GeneratePackageRequest, *schema.Package, schema.ReferenceLoader) (map[string][]byte, error)
	// command returns the command of a program in its directory, with the settings that differ by language. It is nil
	// if this host runs no programs in the language.
	command func(ctx context.Context, request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error)
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, filepath.Base(os.Args[0])+":", err)
		os.Exit(1)
	}
}

// serve answers the engine, which ends the host when it needs it no longer.
func serve() error {
	// The engine may pass -logtostderr and -v, which the SDK's logging defines, and -tracing.
	flag.String("tracing", "", "accepted, but this host sends no traces")
	flag.Parse()
	name := filepath.Base(os.Args[0])
	chosen, known := languages[name]
	if !known {
		return fmt.Errorf("no language has a host of the name %s", name)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, &languageHost{language: chosen, engineAddress: flag.Arg(0)})
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

// languageHost implements the part of Pulumi's LanguageRuntime service that SDKs and programs need.
type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	language      language
	engineAddress string // where programs send their log messages
}

// GetPluginInfo answers with the version of the SDK that the host is built from.
func (host *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names no packages: the engine finds the provider when a resource of it is registered.
func (host *languageHost) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GeneratePackage writes the SDK of a package.
func (host *languageHost) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	client, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	loader := schema.NewCachedLoader(client)
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, loader, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	files, err := host.language.generate(request, pkg, loader)
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

// Run executes a program and waits for its end.
func (host *languageHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if host.language.command == nil {
		return nil, errors.New("this host generates SDKs for the language, but runs no programs in it")
	}
	values := map[string]string{} // without configuration a program wants an empty object, not null
	maps.Copy(values, request.Config)
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, request.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	command, err := host.language.command(ctx, request, host.engineAddress)
	if err != nil {
		return nil, err
	}
	command.Dir = request.Info.ProgramDirectory
	command.Env = append(command.Environ(),
		"PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr

	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("starting the program: %w", err)
	case exit.ExitCode() == exitCodeReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
}

func generateTypeScript(
	request *pulumirpc.GeneratePackageRequest, pkg *schema.Package, loader schema.ReferenceLoader,
) (map[string][]byte, error) {
	return nodegen.GeneratePackage(
		"pulumi-language-nodejs", pkg, request.ExtraFiles, request.LocalDependencies, request.Local, loader)
}

func generateGo(
	request *pulumirpc.GeneratePackageRequest, pkg *schema.Package, _ schema.ReferenceLoader,
) (map[string][]byte, error) {
	return gogen.GeneratePackage("pulumi-language-go", pkg, request.LocalDependencies)
}

func generatePython(
	request *pulumirpc.GeneratePackageRequest, pkg *schema.Package, loader schema.ReferenceLoader,
) (map[string][]byte, error) {
	return pythongen.GeneratePackage("pulumi-language-python", pkg, request.ExtraFiles, loader)
}

// typeScriptProgram is the runner of the SDK that the program has installed, which compiles TypeScript itself.
func typeScriptProgram(ctx context.Context, request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error) {
	arguments := []string{
		filepath.Join(request.Info.ProgramDirectory, "node_modules/@pulumi/pulumi/cmd/run"),
		"--monitor", request.MonitorAddress,
		"--engine", engine,
		"--project", request.Project,
		"--stack", request.Stack,
		"--organization", request.Organization,
		"--pwd", request.Pwd,
		"--root-directory", request.Info.RootDirectory,
		"--parallel", strconv.Itoa(int(request.Parallel)),
	}
	if request.DryRun {
		arguments = append(arguments, "--dry-run")
	}
	command := exec.CommandContext(ctx, "node", append(arguments, request.Info.EntryPoint)...)
	command.Env = append(command.Environ(), "PULUMI_NODEJS_TYPESCRIPT=true")
	return command, nil
}

// goProgram builds the program. Its variables are those of sdk/go/pulumi/run.go.
func goProgram(ctx context.Context, request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error) {
	folder, err := os.MkdirTemp("", "program-")
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { os.RemoveAll(folder) })
	executable := filepath.Join(folder, "program")
	build := exec.CommandContext(ctx, "go", "build", "-o", executable, cmp.Or(request.Info.EntryPoint, "."))
	build.Dir = request.Info.ProgramDirectory
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the program: %w", err)
	}
	command := exec.CommandContext(ctx, executable)
	command.Env = append(command.Environ(),
		"PULUMI_MONITOR="+request.MonitorAddress,
		"PULUMI_ENGINE="+engine,
		"PULUMI_PROJECT="+request.Project,
		"PULUMI_STACK="+request.Stack,
		"PULUMI_ORGANIZATION="+request.Organization,
		"PULUMI_ROOT_DIRECTORY="+request.Info.RootDirectory,
		"PULUMI_PARALLEL="+strconv.Itoa(int(request.Parallel)),
		"PULUMI_DRY_RUN="+strconv.FormatBool(request.DryRun))
	return command, nil
}
