# syntax=docker/dockerfile:1
# Gateways and silos: the same program in two roles.
#   docker buildx build -f k8s/docker/frontier.Dockerfile --target gateway --platform linux/amd64,linux/arm64 -t REGISTRY/frontier:0.1.0 .
#   docker buildx build -f k8s/docker/frontier.Dockerfile --target silo    --platform linux/amd64,linux/arm64 -t REGISTRY/frontlas:0.1.0 .

ARG DOTNET=10.0

# Compiled once, on the machine's own architecture: what comes out runs on every one.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /src
COPY Directory.Build.props Directory.Build.targets Directory.Packages.props .editorconfig ./
COPY k8s/docker/Container.props k8s/docker/
COPY Protocol Protocol
COPY GrainInterfaces GrainInterfaces
COPY Grains Grains
COPY Gateway Gateway
COPY Queues Queues
COPY Silo Silo
RUN dotnet publish Silo -c Release -o /app -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble-chiseled AS runtime
WORKDIR /app
COPY --from=build /app .
ENV DOTNET_EnableDiagnostics=0
USER 65532:65532
ENTRYPOINT ["dotnet", "/app/Frontier.Silo.dll"]

FROM runtime AS gateway
ENV FRONTIER_ROLES=gateway
EXPOSE 30010 30011 30012 9091

FROM runtime AS silo
ENV FRONTIER_ROLES=silo
EXPOSE 30010 40011 40012 9091
