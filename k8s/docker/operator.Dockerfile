# syntax=docker/dockerfile:1
# The operator.
#   docker buildx build -f k8s/docker/operator.Dockerfile --platform linux/amd64,linux/arm64 -t REGISTRY/frontier-operator:0.1.0 .

ARG DOTNET=10.0

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
COPY Directory.Build.props Directory.Build.targets Directory.Packages.props .editorconfig ./
COPY k8s/docker/Container.props k8s/docker/
COPY Operator Operator
RUN dotnet publish Operator -c Release -o /app -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble-chiseled AS operator
WORKDIR /app
COPY --from=build /app .
ENV DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 8081
ENTRYPOINT ["dotnet", "/app/Frontier.Operator.dll"]
